#compdef wireguard-reorder
# SPDX-License-Identifier: GPL-2.0
# Completion of wireguard-reorder in zsh.

# The network namespace that is given: a name of "ip netns", a path, or the number of a process.
_wireguard_reorder_space()
{
	print -r -- ${(Q)opt_args[-n]:-${(Q)opt_args[--netns]}}
}

_wireguard_reorder_interfaces()
{
	local netns=$(_wireguard_reorder_space)
	local -a interfaces show=(ip -o link show type wireguard)

	if [[ $netns == */* ]]; then
		show=(nsenter --net=$netns -- $show)
	elif [[ $netns == <-> && ! -e /run/netns/$netns ]]; then
		show=(nsenter --net=/proc/$netns/ns/net -- $show)
	elif [[ -n $netns ]]; then
		show=(ip -n $netns ${show[2,-1]})
	fi
	interfaces=(${(f)"$($show 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p')"})
	compadd -a interfaces
}

_wireguard_reorder_interfaces_all()
{
	compadd all
	_wireguard_reorder_interfaces
}

# The command itself, in that namespace.
_wireguard_reorder_ask()
{
	local netns=$(_wireguard_reorder_space)

	wireguard-reorder ${netns:+-n} ${netns:+$netns} $@ 2>/dev/null
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
		'test:does a path reorder, and would order help?'
	)
	_describe command commands
}

# Words of "set" behind the interface: a peer, then settings and values in turn.
_wireguard_reorder_settings()
{
	local -a inherit=()

	[[ $words[3] != peer ]] || inherit=(default)
	if [[ $CURRENT == 4 && -n $inherit ]]; then
		_wireguard_reorder_keys
		return
	fi
	case $words[CURRENT-1] in
	mode) compadd adaptive fixed off $inherit ;;
	hold) compadd 1ms 5ms 20ms $inherit ;;
	hold-max) compadd 50ms 250ms 500ms 1s $inherit ;;
	window) compadd 2048 4096 8192 16384 32768 $inherit ;;
	scope) compadd flow peer auto $inherit ;;
	*)
		compadd -- mode hold hold-max window scope --save
		(( CURRENT != 3 )) || compadd peer
		(( CURRENT != 5 )) || compadd -a inherit ;;
	esac
}

_wireguard_reorder_figures()
{
	local -a figures
	figures=(${(f)"$(_wireguard_reorder_ask stats $words[2] | sed 's/:.*//')"})
	compadd -a figures
}

_wireguard_reorder_keys()
{
	local -a keys
	keys=(${(f)"$(_wireguard_reorder_ask dump $words[2] | cut -f 1)"})
	compadd -a keys
}

_wireguard_reorder_words()
{
	case $words[1] in
	apply) _arguments '--new-peers[only peers with no settings of their own]' \
		'1:interface:_wireguard_reorder_interfaces_all' ;;
	show|dump) (( CURRENT == 2 )) && _wireguard_reorder_interfaces_all ;;
	watch) _arguments '--count=[looks]:number:' '--interval=[time between two]:seconds:' \
		'1:interface:_wireguard_reorder_interfaces' ;;
	test) _arguments '--time=[how long to listen]:time:' '--pcap=[capture to read]:file:_files' \
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
	export) _arguments '--all-netns[all network namespaces]' '--output=[write a file]:file:_files' ;;
	switch) _arguments '--yes[do not ask]' '1:module:(ours stock)' ;;
	esac
}

_wireguard_reorder()
{
	local curcontext=$curcontext state line
	typeset -A opt_args

	_arguments -C \
		'(-j --json)'{-j,--json}'[JSON instead of text]' \
		'(-n --netns)'{-n+,--netns=}'[in another network namespace]:namespace:_wireguard_reorder_netns' \
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
