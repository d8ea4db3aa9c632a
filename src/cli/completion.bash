# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Completion of wireguard-reorder in bash.

# _wireguard_reorder_interfaces: the WireGuard interfaces of the network namespace $netns,
# if there is one: a name of "ip netns", a path, or the number of a process.
_wireguard_reorder_interfaces()
{
	local show=(ip -o link show type wireguard)

	case $netns in
	'') ;;
	*/*) show=(nsenter --net="$netns" -- "${show[@]}") ;;
	*[!0-9]*) show=(ip -n "$netns" "${show[@]:1}") ;;
	*) if [[ -e /run/netns/$netns ]]; then
			show=(ip -n "$netns" "${show[@]:1}")
		else
			show=(nsenter --net="/proc/$netns/ns/net" -- "${show[@]}")
		fi ;;
	esac
	"${show[@]}" 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'
}

# _wireguard_reorder_keys INTERFACE: the public keys of its peers.
_wireguard_reorder_keys()
{
	wireguard-reorder ${netns:+-n "$netns"} dump "$1" 2>/dev/null | cut -f 1
}

# _wireguard_reorder_values SETTING [default]: values there are, with that word behind them.
_wireguard_reorder_values()
{
	case $1 in
	mode) printf '%s\n' adaptive fixed off ${2:+"$2"} ;;
	hold) printf '%s\n' 1ms 5ms 20ms ${2:+"$2"} ;;
	hold-max) printf '%s\n' 50ms 250ms 500ms 1s ${2:+"$2"} ;;
	window) printf '%s\n' 2048 4096 8192 16384 32768 ${2:+"$2"} ;;
	scope) printf '%s\n' flow peer auto ${2:+"$2"} ;;
	esac
}

# _wireguard_reorder_words COMMAND WORD...: what may come behind those words, a line each.
_wireguard_reorder_words()
{
	local command=$1
	shift

	case $command in
	show|dump) [[ $# -gt 0 ]] || { echo all; _wireguard_reorder_interfaces; } ;;
	apply) [[ $# -gt 0 ]] || { echo all; _wireguard_reorder_interfaces; }; echo --new-peers ;;
	watch) [[ $# -gt 0 ]] || _wireguard_reorder_interfaces; printf '%s\n' --count --interval ;;
	test) [[ $# -gt 0 ]] || _wireguard_reorder_interfaces; printf '%s\n' --time --pcap ;;
	stats|reset)
		if [[ $# == 0 ]]; then
			_wireguard_reorder_interfaces
		elif [[ $command == reset && $# == 1 ]]; then
			echo peer
		elif [[ $command == reset && $# == 2 ]]; then
			_wireguard_reorder_keys "$1"
		elif [[ $# == 1 ]]; then
			wireguard-reorder ${netns:+-n "$netns"} stats "$1" 2>/dev/null | sed 's/:.*//'
		fi ;;
	set)
		if [[ $# == 0 ]]; then
			_wireguard_reorder_interfaces
		elif [[ $# == 2 && $2 == peer ]]; then
			_wireguard_reorder_keys "$1"
		elif (($# % 2)); then
			[[ $# != 1 ]] || echo peer
			[[ $# != 3 || $2 != peer ]] || echo default
			printf '%s\n' mode hold hold-max window scope --save
		elif [[ $2 == peer ]]; then
			_wireguard_reorder_values "${!#}" default
		else
			_wireguard_reorder_values "${!#}"
		fi ;;
	export) printf '%s\n' --all-netns --output ;;
	switch) [[ $# -gt 0 ]] || printf '%s\n' ours stock; echo --yes ;;
	esac
}

# _wireguard_reorder_fit CURRENT: of the words on standard input those that begin
# like that, as they have to be typed. Interfaces and namespaces may have names
# such as $(reboot): they must be run neither here nor by the finished line.
_wireguard_reorder_fit()
{
	local word

	while IFS= read -r word; do
		[[ -n $word ]] || continue
		printf -v word %q "$word"
		[[ $word != "$1"* ]] || printf '%s\n' "$word"
	done
}

_wireguard_reorder()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} i option words=() netns=

	case $previous in
	-n|-[hjpV]n|-[hjpV][hjpV]n|--netns)
		mapfile -t COMPREPLY < <(ip netns list 2>/dev/null | cut -d ' ' -f 1 | _wireguard_reorder_fit "$current")
		return ;;
	--pcap)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames 2>/dev/null
		return ;;
	--count|--interval|--time)
		COMPREPLY=()
		return ;;
	--output)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-n|-[hjpV]n|-[hjpV][hjpV]n|--netns|--count|--interval|--time|--pcap|--output)
			option=${COMP_WORDS[i]}
			# Bash has "=" as a word of its own.
			[[ ${COMP_WORDS[i+1]} != = ]] || i=$((i + 1))
			i=$((i + 1))
			[[ $option != -*n && $option != --netns ]] || netns=${COMP_WORDS[i]-} ;;
		--netns=*) netns=${COMP_WORDS[i]#*=} ;;
		-n*) netns=${COMP_WORDS[i]#-n} ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	if [[ ${#words[@]} -gt 0 ]]; then
		mapfile -t COMPREPLY < <(_wireguard_reorder_words "${words[@]}" | _wireguard_reorder_fit "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--json --netns --plain --help --version' -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -W 'status show stats dump watch set apply reset switch doctor export test' -- "$current")
	fi
}

complete -F _wireguard_reorder wireguard-reorder
