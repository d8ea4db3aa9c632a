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

# _wireguard_reorder_typed: sets $typed to the words up to the cursor. To bash "=" is a
# word of its own, and options, public keys and files have it inside.
_wireguard_reorder_typed()
{
	local rest=$COMP_LINE word blanks i

	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		blanks=${rest%%[![:blank:]]*}
		rest=${rest#"$blanks"}
		rest=${rest#"$word"}
		if [[ $i -gt 0 && -z $blanks && ($word == =* || ${typed[-1]} == *=) ]]; then
			typed[-1]+=$word
		else
			typed+=("$word")
		fi
	done
}

# _wireguard_reorder_trim PREFIX WORD: what was found goes behind that prefix; but bash
# puts it behind the last "=" of the word, not in its place.
_wireguard_reorder_trim()
{
	local before=

	[[ $2 != *=* || ${COMP_WORDBREAKS-} != *=* ]] || before=${2%"${2##*=}"}
	[[ ${#COMPREPLY[@]} == 0 ]] || COMPREPLY=("${COMPREPLY[@]/#/"$1"}")
	[[ ${#COMPREPLY[@]} == 0 ]] || COMPREPLY=("${COMPREPLY[@]#"$before"}")
}

# _wireguard_reorder_find CURRENT: what may stand there behind $words.
_wireguard_reorder_find()
{
	if [[ ${#words[@]} -gt 0 ]]; then
		mapfile -t COMPREPLY < <(_wireguard_reorder_words "${words[@]}" | _wireguard_reorder_fit "$1")
	elif [[ $1 == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--json --netns --plain --help --version' -- "$1")
	else
		mapfile -t COMPREPLY < <(compgen -W 'status show stats dump watch set apply reset switch doctor export test' -- "$1")
	fi
}

_wireguard_reorder()
{
	local typed=() words=() netns='' option prefix='' current i

	_wireguard_reorder_typed
	for ((i = 1; i < ${#typed[@]} - 1; i++)); do
		case ${typed[i]} in
		-n|-[hjpV]n|-[hjpV][hjpV]n|--netns) netns=${typed[++i]} ;;
		--count|--interval|--time|--pcap|--output) i=$((i + 1)) ;;
		--netns=*) netns=${typed[i]#*=} ;;
		-n*) netns=${typed[i]#-n} ;;
		-*) ;;
		*) words+=("${typed[i]}") ;;
		esac
	done
	current=${typed[-1]}
	option=${typed[-2]}
	if [[ $current == --*=* ]]; then
		option=${current%%=*}
		prefix=$option=
		current=${current#*=}
	fi
	COMPREPLY=()
	case $option in
	-n|-[hjpV]n|-[hjpV][hjpV]n|--netns)
		mapfile -t COMPREPLY < <(ip netns list 2>/dev/null | cut -d ' ' -f 1 | _wireguard_reorder_fit "$current") ;;
	--pcap|--output)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames 2>/dev/null || : ;;
	--count|--interval|--time) ;;
	*) [[ -n $prefix ]] || _wireguard_reorder_find "$current" ;;
	esac
	_wireguard_reorder_trim "$prefix" "${typed[-1]}"
}

complete -F _wireguard_reorder wireguard-reorder
