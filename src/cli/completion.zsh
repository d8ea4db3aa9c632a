#compdef wireguard-reorder
# SPDX-License-Identifier: GPL-2.0
# Completion of wireguard-reorder in zsh.

_wireguard_reorder_interfaces()
{
	local -a interfaces
	interfaces=(${(f)"$(ip -o link show type wireguard 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p')"})
	compadd -a interfaces
}

_wireguard_reorder_netns()
{
	local -a spaces
	spaces=(${(f)"$(ip netns list 2>/dev/null | cut -d ' ' -f 1)"})
	compadd -a spaces
}

_wireguard_reorder_commands()
{
	local -a commands=(
		'status:kernels, the module that runs, interfaces'
		'show:peers and their order'
		'stats:all figures of an interface, or one'
		'dump:all figures of each peer'
		'watch:what happens, live'
		'set:change settings'
		'apply:set what the file of settings says'
		'reset:set counters to zero'
		'switch:exchange the module that runs'
		'doctor:look for what is wrong'
		'export:metrics for Prometheus'
	)
	_describe command commands
}

# Words of "set" behind the interface: settings and values in turn.
_wireguard_reorder_settings()
{
	case $words[CURRENT-1] in
	mode) compadd adaptive fixed off ;;
	hold) compadd 1ms 5ms 20ms ;;
	hold-max) compadd 20ms 50ms 100ms 200ms ;;
	window) compadd 2048 4096 8192 16384 ;;
	*) compadd -- mode hold hold-max window --save ;;
	esac
}

_wireguard_reorder_figures()
{
	local -a figures
	figures=(${(f)"$(wireguard-reorder stats $words[2] 2>/dev/null | sed 's/:.*//')"})
	compadd -a figures
}

_wireguard_reorder_keys()
{
	local -a keys
	keys=(${(f)"$(wireguard-reorder dump $words[2] 2>/dev/null | cut -f 1)"})
	compadd -a keys
}

_wireguard_reorder_words()
{
	case $words[1] in
	show|dump|apply) (( CURRENT == 2 )) && { compadd all; _wireguard_reorder_interfaces } ;;
	watch) _arguments '--count[looks]:number:' '--interval[time between two]:seconds:' \
		'1:interface:_wireguard_reorder_interfaces' ;;
	stats)
		case $CURRENT in
		2) _wireguard_reorder_interfaces ;;
		3) _wireguard_reorder_figures ;;
		esac ;;
	reset)
		case $CURRENT in
		2) _wireguard_reorder_interfaces ;;
		3) compadd peer ;;
		4) _wireguard_reorder_keys ;;
		esac ;;
	set) if (( CURRENT == 2 )) { _wireguard_reorder_interfaces } else { _wireguard_reorder_settings } ;;
	export) _arguments '--all-netns[all network namespaces]' '--output[write a file]:file:_files' ;;
	switch) _arguments '--yes[do not ask]' '1:module:(ours stock)' ;;
	esac
}

_wireguard_reorder()
{
	local curcontext=$curcontext state line

	_arguments -C \
		'(-j --json)'{-j,--json}'[JSON instead of text]' \
		'(-n --netns)'{-n,--netns}'[in another network namespace]:namespace:_wireguard_reorder_netns' \
		'(-p --plain)'{-p,--plain}'[exact numbers in base units]' \
		'(- *)'{-h,--help}'[help]' \
		'(- *)'{-V,--version}'[version]' \
		'1:command:_wireguard_reorder_commands' \
		'*::word:_wireguard_reorder_words'
}

# Loaded by name it is the function; sourced it only defines it.
if [[ $funcstack[1] == _wireguard-reorder ]]; then
	_wireguard_reorder "$@"
else
	compdef _wireguard_reorder wireguard-reorder
fi
