#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Counts of the emulator's plugin, sorted into groups of functions.

  groups.py RESULTS COUNTS SYMBOLS TSV

RESULTS has the rows of count.sh and for the N-th of them the guest's functions, symbols-N;
COUNTS has what the plugin counted for it, N. Appends "kind module round group instructions
share" to TSV for each group: how many for each packet, and percent of all. Prints that as a
table for each kind, and so many functions that have most.
"""

import bisect
import collections
import re
import sys

# The first that fits has it: a module by its name, then a function by its.
GROUPS = (
    ("cryptography", r"(lib)?(chacha|poly1305|curve25519|blake2s)\w*",
     r"_?_?(chacha|hchacha|poly1305|blake2s|curve25519|crypto_|xor_)|kernel_fpu|irq_fpu|fpregs|save_fpregs|restore_fpregs"),
    ("tunnel module", r"wireguar[dx]", r"wg_"),
    ("memory", r"$^",
     r"_?_?(skb|kmem|kmalloc|kfree|kvfree|slab|page_frag|alloc|free|mem(cpy|set|move|cmp|zero)|clear_page|get_page|put_page|rmqueue|"
     r"build_skb|napi_alloc|napi_skb|consume_skb|pskb|cache_from|memcg|obj_cgroup|get_partial|put_cpu_partial|unfreeze|"
     r"check_heap|check_object|virt_to_|find_vma|handle_mm|pcpu|this_cpu|refill_obj|drain_obj|mod_objcg|zone_|"
     r"get_random|bulk_alloc|release_pages|lru_|setup_object|shuffle|new_slab|discard_slab)|___slab|__slab|deactivate_slab|"
     r"kfree_skb|sock_(w|r)free|sock_def_write"),
    ("scheduling and locks", r"$^",
     r"_?_?(raw_spin|raw_read|raw_write|schedule|sched|try_to_wake|ttwu|wake|wait|queue_work|insert_work|worker|process_one_work|"
     r"pwq|wq_|kick_pool|mutex|rcu|ktime|hrtimer|tick|timer|update_(curr|load|rq|min|cfs|process|wall|blocked)|enqueue_(task|entity|timer|hrtimer)|"
     r"dequeue_(task|entity)|pick_(next|eevdf)|put_prev|set_next|finish_task|context_switch|switch_|select_task|kthread|"
     r"do_softirq|softirq|handle_softirqs|raise_softirq|local_bh|irq|sysvec|asm_sysvec|apic|preempt|cond_resched|"
     r"resched|check_preempt|reweight|place_entity|native_sched|read_tsc|lapic|clockevents|run_ksoftirqd|smpboot|"
     r"mod_timer|add_timer|del_timer|get_nohz|idle_|nohz|cpu_startup|pvclock|kvm_clock|perf|event_|visit_groups|"
     r"srso|retbleed|newidle|load_balance|flush_smp|call_single|llist|cpuacct|account|calc_|clear_buddies|cgroup|psi)|"
     r"swake|prepare_to|autoremove|default_wake|woken_wake|(__)?list_(add|del)|sync_regs|error_entry|irqentry|common_interrupt"),
    ("TCP and above", r"program",
     r"_?_?(tcp|bictcp|cubictcp|bbr|inet_(send|recv|csk|ehash|gro|gso)|sock|sk_|copy_(user|page|from|to)|copyin|copyout|import_|"
     r"(x64_)?sys_|do_syscall|entry_SYSCALL|syscall|ksys|vfs|new_sync|poll|do_select|core_sys|fget|fput|fdget|"
     r"simple_copy|csum|iov|rb_|ep_|security|aa_|apparmor|datagram|udp_(send|recv)|release_sock|lock_sock|sendmsg|recvmsg|"
     r"get_user|put_user|rep_movs|check_copy|check_stack|move_addr|user_access|exit_to|pipe|select)|do_csum|\w*_user\w*"),
    ("network below", r"veth|sch_\w+|nf_\w+|ip6?_?\w*tables|nft_\w+|bridge|udp_tunnel|ip6_udp_tunnel",
     r"_?_?(ip|ip6|ipv4|ipv6|inet|udp|udp4|udp6|dev|netif|net_rx|net_tx|napi|gro|gso|qdisc|pfifo|sch_|fib|dst|rt_|route|neigh|eth|"
     r"nf|process_backlog|enqueue_to_backlog|validate_xmit|netdev|icmp|arp|iptunnel|flow|siphash|jhash|get_rps|"
     r"skip|harmonize|loopback|packet|bpf|xdp|tc_|tcf|sw_net|passthru|deliver|rps)"),
)



def kernel(path):
    """Addresses of a kernel's functions, and of each "(name, module)"."""
    found = []
    with open(path, encoding="ascii") as file:
        for line in file:
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                found.append((int(address, 16), name, module[0][1:-1] if module else "kernel"))
    found.sort()
    return [address for address, *_ in found], [tuple(rest) for _, *rest in found]


def functions_of(symbols, counts):
    """Instructions by "(function, module)"; what is no function of the kernel's is a program."""
    addresses, names = kernel(symbols)
    functions = collections.Counter()
    with open(counts, encoding="ascii") as file:
        for line in file:
            address, instructions = line.split()
            address = int(address, 16)
            where = names[bisect.bisect_right(addresses, address) - 1] if address else ("a program", "program")
            functions[where] += int(instructions)
    return functions


def group_of(symbol, module):
    for name, modules, functions in GROUPS:
        if re.fullmatch(modules, module) or re.match(functions, symbol):
            return name
    return "rest"


def grouped(functions):
    groups = collections.Counter()
    for (symbol, where), count in functions.items():
        groups[group_of(symbol, where)] += count
    return groups


def show(tables):
    """A table for each kind: groups by modules, the mean of the rounds."""
    for kind, modules in tables.items():
        print(f"\n| {kind}: instructions a packet | {' | '.join(modules)} |")
        print("|---" * (len(modules) + 1) + "|")
        for group in [*NAMES, "all"]:
            values = [sum(counts[group] for counts in rounds) / len(rounds) for rounds in modules.values()]
            print(f"| {group} | " + " | ".join(f"{value:,.0f}" for value in values) + " |")


NAMES = [name for name, *_ in GROUPS] + ["rest"]


def main():
    results, counts, most, tsv = sys.argv[1:]
    tables = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(f"{results}/rows", encoding="ascii") as rows, open(tsv, "a", encoding="ascii") as out:
        for number, row in enumerate(rows, 1):
            kind, module, turn, _, packets, *_ = row.split("\t")
            functions = functions_of(f"{results}/symbols-{number}", f"{counts}/{number}")
            total = sum(functions.values())
            groups = grouped(functions)
            each = {name: groups[name] / int(packets) for name in NAMES}
            for name in NAMES:
                out.write(f"{kind}\t{module}\t{turn}\t{name}\t{each[name]:.0f}\t{100 * groups[name] / total:.2f}\n")
            tables[kind][module].append({**each, "all": total / int(packets)})
            for (symbol, where), count in functions.most_common(int(most)):
                print(f"# {kind} {module} {100 * count / total:5.2f} {count / int(packets):7.0f} {symbol} [{where}] {group_of(symbol, where)}")
    show(tables)


main()
