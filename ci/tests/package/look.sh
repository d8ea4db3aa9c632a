# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What there is to see of modules and packages in the system below the folder
# $sys; empty for the one that this runs in.

# Every file that an installed package may leave behind, with its contents.
# (Directory times and the log of dpkg are no contents; initramfs images have
# times inside; DKMS makes its signing key at the first build and keeps it.)
state()
{
	# shellcheck disable=SC2154
	(cd "$sys/" && { find boot etc lib/modules lib/depmod.d usr var/lib/dkms var/lib/initramfs-tools \
		var/lib/wireguard-reorder \
		\( -path etc/ld.so.cache -o -name __pycache__ -o -path 'boot/initrd*' -o -path 'var/lib/dkms/mok.*' \) -prune \
		-o \( -type f -exec sha256sum {} + \) -o -printf '%y %p %l\n' 2>/dev/null || :; } | LC_ALL=C sort)
}

# same_state: as $before says
same_state()
{
	# shellcheck disable=SC2154
	diff <(echo "$before") <(state)
}

# Where the kernel's package has the module of kernel $1.
stock_file()
{
	local f

	for f in "$sys/lib/modules/$1/kernel/drivers/net/wireguard/wireguard.ko"*; do
		echo "${f#"$sys"}"
	done
}

# The file that modprobe takes for kernel $1.
named()
{
	modinfo ${sys:+-b "$sys"} -k "$1" -n wireguard | sed "s|^$sys/|/|; s|^/usr/lib/|/lib/|"
}

# field FIELD FILE
field()
{
	modinfo -F "$1" "$sys$2"
}

# point DESCRIPTION COMMAND...: one test point, with what the command said when
# it fails. Before the description stands $about; counts in $number.
point()
{
	local what=$1 said
	shift

	number=$((number + 1))
	if said=$("$@" 2>&1); then
		echo "ok $number - ${about:-}$what"
	else
		echo "not ok $number - ${about:-}$what"
		tail -n 40 <<<"$said" | sed 's/^/# /'
		# For those that read this.
		# shellcheck disable=SC2034
		failed=1
	fi
}
