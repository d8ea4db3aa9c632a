# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Completion of wireguard-reorder in bash.

# _wireguard_reorder_interfaces: the WireGuard interfaces of the namespace.
_wireguard_reorder_interfaces()
{
	ip -o link show type wireguard 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'
}

# _wireguard_reorder_words COMMAND WORD...: what may come behind those words.
_wireguard_reorder_words()
{
	local command=$1
	shift

	case $command in
	show|dump) [[ $# -gt 0 ]] || { echo all; _wireguard_reorder_interfaces; } ;;
	watch) [[ $# -gt 0 ]] || _wireguard_reorder_interfaces; echo --count --interval ;;
	stats|reset)
		if [[ $# == 0 ]]; then
			_wireguard_reorder_interfaces
		elif [[ $command == reset && $# == 1 ]]; then
			echo peer
		elif [[ $command == reset && $# == 2 ]]; then
			wireguard-reorder dump "$1" 2>/dev/null | cut -f 1
		elif [[ $# == 1 ]]; then
			wireguard-reorder stats "$1" 2>/dev/null | sed 's/:.*//'
		fi ;;
	set)
		if [[ $# == 0 ]]; then
			_wireguard_reorder_interfaces
		elif (($# % 2)); then
			echo mode hold hold-max window
		else
			case ${!#} in
			mode) echo adaptive fixed off ;;
			hold) echo 1ms 5ms 20ms ;;
			hold-max) echo 20ms 50ms 100ms 200ms ;;
			window) echo 2048 4096 8192 16384 ;;
			esac
		fi ;;
	switch) [[ $# -gt 0 ]] || echo ours stock; echo --yes ;;
	esac
}

_wireguard_reorder()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} i words=()

	case $previous in
	-n|--netns)
		mapfile -t COMPREPLY < <(compgen -W "$(ip netns list 2>/dev/null | cut -d ' ' -f 1)" -- "$current")
		return ;;
	--count|--interval)
		COMPREPLY=()
		return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-n|--netns|--count|--interval) i=$((i + 1)) ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	if [[ ${#words[@]} -gt 0 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_wireguard_reorder_words "${words[@]}")" -- "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--json --netns --plain --help --version' -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -W 'status show stats dump watch set reset switch doctor export' -- "$current")
	fi
}

complete -F _wireguard_reorder wireguard-reorder
