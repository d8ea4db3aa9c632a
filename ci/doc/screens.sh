#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The screens of README and of src/dist/command.md, from today's build: what the
# command says at the receiving end of a tunnel whose path jitters by 2 ms and loses
# 0.1 %, on the travelling kernel. Keys are left out.
#
#   ci/doc/screens.sh            print them
#   ci/doc/screens.sh --write    put them in the place of those there
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
path=50:10:n2:l0.1

# In the guest.

# shown WORD...: what README's readers see on a terminal of 80 columns.
shown()
{
	echo "    \$ wireguard-reorder $*"
	at b env TERM=xterm LC_ALL=C.UTF-8 NO_COLOR=1 \
		script -q -e -c "stty cols 80 rows 24; '$command' $*" /dev/null |
		sed -e 's/\r//g' -e '/\x1b\[?1049h/,/\x1b\[?1049l/{/\x1b\[?1049l/!d;s/.*\x1b\[?1049l//}' |
		sed -e 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/[A-Za-z0-9+/]\{43\}=/…/; s/^./    &/' -e '/^ *listening: /d' |
		grep -v -E '(public key|listening port|endpoint|allowed ips): '
	echo
}

# beside WORD...: the same while packets flow.
beside()
{
	udp_flow 12 >/dev/null &
	pause 1
	shown "$@"
	wait $!
}

inside()
{
	# shellcheck source=ci/bench/measure.sh
	. "$top/ci/bench/measure.sh"
	command=$top/src/cli/wireguard-reorder
	udp_mbit=8
	path_modules
	use stock
	build "$path"
	tunnels
	beside test wg0 --time 8
	clear_hosts >/dev/null 2>&1
	use ours
	build "$path"
	tunnels
	udp_flow 20 >/dev/null
	shown show
	beside watch wg0 --count 4
}

# On the host.

replace()
{
	python3 - "$top/README.md" "$top/src/dist/command.md" <<-'END'
	import sys
	screens = {}
	for line in open("/dev/fd/3", encoding="utf-8"):
	    line = line.rstrip("\n")
	    if line.startswith("    $ "):
	        name = line
	        screens[name] = []
	    elif screens:
	        screens[name].append(line)
	pages = {name: open(name, encoding="utf-8").read().split("\n") for name in sys.argv[1:]}
	for name, lines in screens.items():
	    while lines and not lines[-1]:
	        lines.pop()
	    at = [(page, n) for page in pages.values() for n, line in enumerate(page) if line.split(" --count")[0] == name.split(" --count")[0]]
	    if len(at) != 1:
	        sys.exit(f"the pages have {len(at)} times: {name}")
	    page, start = at[0]
	    end = start + 1
	    # A screen goes on behind an empty line if that is followed by one that is set in, and no command.
	    while page[end].startswith("    ") or (not page[end] and page[end + 1].startswith("    ") and not page[end + 1].startswith("    $")):
	        end += 1
	    page[start + 1:end] = lines
	for name, page in pages.items():
	    open(name, "w", encoding="utf-8").write("\n".join(page))
	END
}

main()
{
	local text

	case ${1:-} in
	--inside) inside; return ;;
	''|--write) ;;
	*) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
	esac
	make -s -C "$top" cli >&2
	WGR_KO=$("$top/ci/vm/module.sh" travel)
	export WGR_KO
	text=$("$top/ci/vm/uml.sh" travel --cpus 1 --timeout 300 -- ci/doc/screens.sh --inside | grep -v "^Terminated$")
	if [[ ${1:-} == --write ]]; then
		replace 3<<<"$text"
	else
		echo "$text"
	fi
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
