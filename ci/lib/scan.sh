# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Finds reports of the kernel's checks in a console log.

# Wide on purpose: a line that turns out to be harmless is to be looked at once
# and then listed below, with the reason.
WGR_REPORTS='BUG:|WARNING:|KASAN|KCSAN|UBSAN|KMSAN|INFO: (possible|task|trying|rcu)|'
WGR_REPORTS+='suspicious RCU|rcu:.*(stall|detected)|Oops|Kernel panic|general protection fault|'
WGR_REPORTS+='Unable to handle|unreferenced object|ODEBUG|refcount_t:|scheduling while atomic|'
WGR_REPORTS+='sleeping function|unregister_netdevice: waiting|list_(add|del) corruption|'
WGR_REPORTS+='Slab .* (has|still)|Objects remaining|memory leak|kernel BUG|segfault at|blocked for more than'

# Lines that are no reports: KASAN says that it is there.
WGR_NO_REPORTS='KernelAddressSanitizer initialized|kasan: .*initialized|Kasan: .*offset'

# wgr_scan_log FILE: print each report with what follows it.
# Return: 0 if there is none, 1 otherwise.
wgr_scan_log()
{
	local log=$1

	# A user-mode kernel that is ended from outside reports its own console
	# code after this line; nothing that follows belongs to the test.
	sed -n '/wgr-guest: end of test/q;p' "$log" | tr -d '\r' |
	awk -v bad="$WGR_REPORTS" -v fine="$WGR_NO_REPORTS" '
		$0 ~ bad && $0 !~ fine { found++; left = 40 }
		left > 0 { print "# " $0; left-- }
		END { exit found > 0 }'
}
