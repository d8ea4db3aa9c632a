# SPDX-License-Identifier: GPL-2.0
#
# What a person types; "make help" explains the targets. Kbuild's own variables
# (ARCH, LLVM, CC, CROSS_COMPILE, W, C, V ...) pass through to the kernel's make.

KDIR ?= /lib/modules/$(shell uname -r)/build
VERSION := $(shell sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' src/version.h)
NAME := wireguard-reorder
KVER ?= $(shell uname -r)
DESTDIR ?=
SRCDIR := /usr/src/$(NAME)-$(VERSION)
DEPMODDIR ?= /etc/depmod.d
LIBEXECDIR := /usr/libexec/$(NAME)
ZSHDIR ?= /usr/share/zsh/vendor-completions
UDEVDIR ?= /usr/lib/udev/rules.d
# "su" without "-" leaves out where dkms, depmod and the like are.
SBIN ?= /usr/sbin:/sbin
export PATH := $(PATH):$(SBIN)

.DEFAULT_GOAL := module
.DELETE_ON_ERROR:
.PHONY: module cli install uninstall install-files install-package-files install-cli deb rpm kmod \
	repo check check-quick check-kernels check-packages check-repo demo bench lint clean clean-module help \
	need-root need-dkms no-package

# How the target kernel was configured: empty when there is no such kernel.
-include $(KDIR)/include/config/auto.conf

# A module must be built by the compiler that built its kernel. CC=clang alone is
# what some versions of DKMS add; it names the compiler and none of its tools.
ifeq ($(CONFIG_CC_IS_CLANG)/$(origin LLVM),y/undefined)
ifneq ($(filter default,$(origin CC))$(filter clang,$(CC)),)
clang := $(if $(shell command -v clang),,-$(shell \
	echo $$(($(CONFIG_CLANG_VERSION) / 10000))))
compiler := $(if $(CONFIG_LD_IS_LLD),LLVM=$(or $(clang),1),CC=clang$(clang))
endif
endif

# Everything that makes objects of an earlier call useless for this one.
target := $(realpath $(KDIR)) $(ARCH) $(CROSS_COMPILE) $(CC) $(LLVM) $(compiler)

# die-if,WORDS,TEXT: stop with one line when there are words.
die-if = $(if $(strip $(1)),$(error $(2)))
none = $(if $(strip $(1)),,yes)
# For programs that call make themselves: they are no part of this call.
no-make = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES
ifeq ($(origin KDIR),file)
no-kdir = no headers of the running kernel: install linux-headers-$(KVER) \
	(apt) or kernel-devel-$(KVER) (dnf), or give KDIR=<kernel build dir>
else
no-kdir = KDIR=$(KDIR) is not a kernel build directory: give one that has a \
	Makefile and Module.symvers, such as /lib/modules/<version>/build
endif

# What a kernel that the module is to be for must have.
define check-kdir
	$(call die-if,$(call none,$(wildcard $(KDIR)/Makefile)),$(no-kdir))
	$(call die-if,$(call none,$(wildcard $(KDIR)/include/config/auto.conf)),\
		KDIR=$(KDIR) is not prepared: configure and build that kernel first)
	$(call die-if,$(call none,$(CONFIG_MODULES)),\
		the kernel of $(KDIR) takes no modules: set CONFIG_MODULES=y there)
	$(call die-if,$(filter y,$(CONFIG_WIREGUARD)),\
		the kernel of $(KDIR) has WireGuard built in and a module cannot \
		replace it: use a kernel with CONFIG_WIREGUARD=m)
	$(call die-if,$(call none,$(and $(CONFIG_NET_UDP_TUNNEL),\
		$(CONFIG_CRYPTO_LIB_CHACHA20POLY1305),$(CONFIG_CRYPTO_LIB_CURVE25519))),\
		the kernel of $(KDIR) lacks the libraries that WireGuard needs: \
		CONFIG_WIREGUARD=m there selects them)
endef

## module: build src/wireguard.ko for the running kernel, or for KDIR=<dir>
module:
	$(check-kdir)
	@if [ "$$(cat src/.target 2>/dev/null)" != '$(target)' ]; then \
		$(MAKE) --no-print-directory clean-module && \
		echo '$(target)' >src/.target; \
	fi
	+$(MAKE) -C $(KDIR) M=$(CURDIR)/src $(compiler) modules

# has-header,FILE: something, if the compiler finds the header.
has-header = $(shell printf '\043include <$(1)>\n' | \
	$(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo yes)

## cli: build the command src/cli/wireguard-reorder
cli:
	$(call die-if,$(call none,$(call has-header,libmnl/libmnl.h)),\
		libmnl is missing: install it (apt install libmnl-dev, \
		dnf install libmnl-devel))
	$(call die-if,$(call none,$(call has-header,jansson.h)),\
		jansson is missing: install it (apt install libjansson-dev, \
		dnf install jansson-devel))
	$(call die-if,$(call none,$(call has-header,pcap/pcap.h)),\
		libpcap is missing: install it (apt install libpcap-dev, \
		dnf install libpcap-devel))
	@$(MAKE) --no-print-directory -C src/cli

## install: build and install the module of the running kernel through DKMS
install: need-root need-dkms no-package
	$(call die-if,$(call none,$(wildcard /lib/modules/$(KVER)/build/Makefile)),\
		no headers of kernel $(KVER): install linux-headers-$(KVER) (apt) or \
		kernel-devel-$(KVER) (dnf))
	@$(call program,before-install)
	@$(call program,may-install $(KVER))
	@$(forget)
	@$(call program,after-remove upgrade)
	@$(MAKE) --no-print-directory install-files DEPMODDIR=$(DEPMODDIR)
	dkms add -m $(NAME) -v $(VERSION)
	$(no-make) dkms build -m $(NAME) -v $(VERSION) -k $(KVER)
	dkms install -m $(NAME) -v $(VERSION) -k $(KVER)
	@f=$$(modinfo -k $(KVER) -n wireguard) && \
	if [ "$$(modinfo -F version "$$f")" != $(VERSION) ]; then \
		echo "make install: $$f would be loaded instead of ours" >&2; exit 1; \
	fi
	@$(call program,kernel-installed $(KVER))

## uninstall: take that out again; the kernel's own module is back
uninstall: need-root need-dkms no-package
	@$(call program,before-remove)
	@$(forget)
	@rm -f $(DEPMODDIR)/$(NAME).conf
	@dpkg-query -S $(DEPMODDIR) >/dev/null 2>&1 || rpm -qf $(DEPMODDIR) >/dev/null 2>&1 || \
		rmdir --ignore-fail-on-non-empty $(DEPMODDIR)
	@$(call program,after-remove)
	@f=$$(modinfo -k $(KVER) -n wireguard) && echo "$$f is loaded from now on"

# What DKMS needs of this tree, for "install" and for the packages.
install-files:
	@mkdir -p $(DESTDIR)$(SRCDIR) $(DESTDIR)$(DEPMODDIR)
	@cp -R Makefile dkms.conf src $(DESTDIR)$(SRCDIR)/
	@$(MAKE) -C $(DESTDIR)$(SRCDIR) --no-print-directory clean
	@mv $(DESTDIR)$(SRCDIR)/src/dist/depmod.conf $(DESTDIR)$(DEPMODDIR)/$(NAME).conf
	@install -m 755 src/dist/pre-install $(DESTDIR)$(SRCDIR)/pre-install
	@rm -r $(DESTDIR)$(SRCDIR)/src/dist $(DESTDIR)$(SRCDIR)/src/cli
	@find $(DESTDIR)$(SRCDIR) \( -name README -o -type d -empty \) -delete

# And the program that the scripts of the packages call.
install-package-files: install-files
	@mkdir -p $(DESTDIR)$(LIBEXECDIR)
	@sed "s/@VERSION@/$(VERSION)/" src/dist/$(NAME)-package \
		>$(DESTDIR)$(LIBEXECDIR)/$(NAME)-package
	@chmod 755 $(DESTDIR)$(LIBEXECDIR)/$(NAME)-package
	@install -D -m 644 src/dist/dkms.service.conf \
		$(DESTDIR)/usr/lib/systemd/system/dkms.service.d/$(NAME).conf

# program,COMMAND: what the packages' scripts call: it keeps copies of the kernels'
# own modules, puts them back, and says what will be loaded.
# It is written to no file, for which there may be no room.
define program
WGR_AGAIN="make $(MAKECMDGOALS)" sh -c "$$(sed "s/@VERSION@/$(VERSION)/" src/dist/$(NAME)-package)" \
	$(NAME)-package $(1)
endef

# The command, its manual page and what shells complete.
install-cli: cli
	@install -D -m 755 src/cli/$(NAME) $(DESTDIR)/usr/sbin/$(NAME)
	@install -D -m 644 src/cli/$(NAME).8 $(DESTDIR)/usr/share/man/man8/$(NAME).8
	@install -D -m 644 src/cli/completion.bash \
		$(DESTDIR)/usr/share/bash-completion/completions/$(NAME)
	@install -D -m 644 src/cli/completion.zsh $(DESTDIR)$(ZSHDIR)/_$(NAME)
	@install -D -m 644 src/cli/schema.json $(DESTDIR)/usr/share/$(NAME)/schema.json
	@install -D -m 644 src/dist/90-$(NAME).rules $(DESTDIR)$(UDEVDIR)/90-$(NAME).rules
	@mkdir -p $(DESTDIR)/usr/share/$(NAME)/examples
	@install -m 644 src/dist/examples/* $(DESTDIR)/usr/share/$(NAME)/examples/

# Every version of ours that DKMS knows, and all sources.
define forget
for d in /var/lib/dkms/$(NAME)/[0-9]*; do \
	[ ! -d $$d ] || dkms remove -m $(NAME) -v $${d##*/} --all || exit; \
done; rm -rf /usr/src/$(NAME)-[0-9]*
endef

need-root:
	$(call die-if,$(filter-out 0,$(shell id -u)),\
		this needs root: sudo make $(MAKECMDGOALS))
need-dkms:
	$(call die-if,$(call none,$(shell PATH='$(PATH)' command -v dkms)),\
		dkms is missing: install it (apt install dkms, dnf install dkms))
no-package:
	$(call die-if,$(filter installed,$(shell dpkg-query -W -f '$${db:Status-Status}' \
		$(NAME)-dkms 2>/dev/null)),\
		the package $(NAME)-dkms is installed: apt purge it first)
	$(call die-if,$(shell rpm -q --quiet $(NAME)-dkms 2>/dev/null && echo installed),\
		the package $(NAME)-dkms is installed: rpm -e it first)

# age,FOLDER,TIME: have all in it changed at that time.
age = find $(1) -exec touch -h -d @$(2) {} +

# What pages show that lies elsewhere: see src/dist/pages.
beside := $(wildcard ci/doc/*.svg ci/bench/applications.md)
copy-beside = $(if $(beside),cp --parents $(beside) $(1),:)

deb-needs := build-essential dpkg-dev debhelper dh-dkms libmnl-dev libjansson-dev libpcap-dev pkg-config

## deb: build dist/wireguard-reorder-dkms_<version>_all.deb, and -tools for this machine
# DEBARCH=<Debian's name> builds -tools alone, for another one.
# In a copy, since building leaves files behind and writes to the parent folder; and
# here, since programs in it are run, which a temporary folder may not allow. The same
# sources give the same packages: what is not made here is as old as the changelog.
deb:
	$(call die-if,$(call none,$(shell command -v dpkg-buildpackage)),\
		the tools to build a .deb are missing: apt install $(deb-needs))
	@mkdir -p dist && tmp=$$(mktemp -d "$(CURDIR)/dist/.build.XXXXXX") && \
	trap 'rm -rf "$$tmp"' EXIT && mkdir "$$tmp/tree" && \
	cp -R Makefile dkms.conf src debian README.md "$$tmp/tree" && \
	$(call copy-beside,"$$tmp/tree") && \
	$(call age,"$$tmp/tree",$$(dpkg-parsechangelog -S Timestamp)) && \
	(cd "$$tmp/tree" && if ! dpkg-checkbuilddeps $(DEBARCH:%=-a% -B); then \
		echo "make deb: apt install $(deb-needs)" >&2; \
		exit 1; fi && \
	$(no-make) DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage $(or $(DEBARCH:%=-a% -B),-b) -us -uc \
		>"$$tmp/log" 2>&1 || { cat "$$tmp/log" >&2; exit 1; }) && \
	rm -f dist/$(NAME)-dkms_*.deb dist/$(NAME)-tools_*.deb && \
	mv "$$tmp"/*.deb dist/ && ls dist/$(NAME)-*.deb

# The same sources give the same packages, wherever and whenever. A source package has in
# it how its own paths read, and others have the source package's checksum.
rpmbuild = $(no-make) LC_ALL=C TZ=UTC rpmbuild --define '_buildhost localhost' \
	--define 'use_source_date_epoch_as_buildtime 1' \
	--define 'clamp_mtime_to_source_date_epoch 1' \
	--define 'build_mtime_policy clamp_to_source_date_epoch'

## rpm: build dist/wireguard-reorder-dkms-<version>-1.noarch.rpm, -tools and the source rpm
# Without looking for build dependencies: on Debian rpm knows of no package, and
# what is needed is at work here already. RPMARCH=<rpm's name> is for another machine, for
# which CC, STRIP and PKG_CONFIG are then.
rpm:
	$(call die-if,$(call none,$(shell command -v rpmbuild)),\
		rpmbuild is missing: install it (apt install rpm, dnf install rpm-build))
	$(call die-if,$(and $(wildcard /etc/debian_version),$(call none,$(shell command -v patchelf))),\
		patchelf is missing: apt install patchelf)
	@mkdir -p dist && tmp=$$(mktemp -d "$(CURDIR)/dist/.build.XXXXXX") && \
	trap 'rm -rf "$$tmp"' EXIT && mkdir -p "$$tmp/SOURCES/$(NAME)-$(VERSION)" && \
	SOURCE_DATE_EPOCH=$$(LC_ALL=C date -u +%s -d "$$(sed -n '/^%changelog/{n;s/^\* \(.* [0-9]\{4\}\) .*/\1/p}' \
		rpm/$(NAME).spec) 12:00") && export SOURCE_DATE_EPOCH && \
	cp -R Makefile dkms.conf src rpm COPYING README.md "$$tmp/SOURCES/$(NAME)-$(VERSION)" && \
	$(call copy-beside,"$$tmp/SOURCES/$(NAME)-$(VERSION)") && \
	$(MAKE) -s --no-print-directory -C "$$tmp/SOURCES/$(NAME)-$(VERSION)" clean && \
	LC_ALL=C tar -C "$$tmp/SOURCES" --owner=0 --group=0 --numeric-owner --sort=name \
		--mode=u=rwX,go=rX --mtime="@$$SOURCE_DATE_EPOCH" \
		-cf "$$tmp/SOURCES/$(NAME)-$(VERSION).tar" $(NAME)-$(VERSION) && \
	gzip -n "$$tmp/SOURCES/$(NAME)-$(VERSION).tar" && \
	cp rpm/$(NAME).spec "$$tmp/SOURCES" && chmod 644 "$$tmp"/SOURCES/*.* && \
	(cd "$$tmp/SOURCES" && \
	$(rpmbuild) -bb --nodeps $(RPMARCH:%=--target %-linux) $(STRIP:%=--define '__strip %') --define "_topdir $$tmp" $(NAME).spec >"$$tmp/log" 2>&1 && \
	$(rpmbuild) -bs --define '_topdir .' --define '_sourcedir .' \
		--define "_srcrpmdir $$tmp/SRPMS" $(NAME).spec >>"$$tmp/log" 2>&1 || \
		{ cat "$$tmp/log" >&2; exit 1; }) && \
	rm -f dist/$(NAME)-[0-9]*.rpm dist/$(NAME)-dkms-*.rpm dist/$(NAME)-tools-*.rpm && \
	mv "$$tmp"/RPMS/*/*.rpm "$$tmp"/SRPMS/*.rpm dist/ && ls dist/$(NAME)-*.rpm

# As old as the changelog.
changelog-time = $$(LC_ALL=C date -u +%s -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)")

## kmod: packages of a module for KDIR=<dir>, for machines without a compiler; FORMAT=deb|rpm
# MODSIGNKEY=<file> MODSIGNCERT=<file> sign it. In a copy, and for a path that does not show.
kmod:
	$(check-kdir)
	$(call die-if,$(filter-out deb rpm,$(FORMAT)),FORMAT=$(FORMAT) is neither deb nor rpm)
	$(call die-if,$(filter 1,$(words $(MODSIGNKEY:%=key) $(MODSIGNCERT:%=cert))),\
		MODSIGNKEY and MODSIGNCERT go together: a private key and its certificate)
	$(call die-if,$(call none,$(or $(filter pkcs11:%,$(MODSIGNKEY)),\
		$(call none,$(MODSIGNKEY)),$(wildcard $(MODSIGNKEY)))),\
		there is no key MODSIGNKEY=$(MODSIGNKEY))
	$(call die-if,$(call none,$(or $(call none,$(MODSIGNCERT)),$(wildcard $(MODSIGNCERT)))),\
		there is no certificate MODSIGNCERT=$(MODSIGNCERT))
	@mkdir -p dist && tmp=$$(mktemp -d "$(CURDIR)/dist/.build.XXXXXX") && \
	trap 'rm -rf "$$tmp"' EXIT && \
	cp -R Makefile src debian rpm COPYING README.md "$$tmp" && \
	$(MAKE) -s --no-print-directory -C "$$tmp" clean && \
	{ $(MAKE) -s --no-print-directory -C "$$tmp" module KDIR='$(abspath $(KDIR))' \
		KCFLAGS="$(KCFLAGS) -ffile-prefix-map=$$tmp/src=$(SRCDIR)/src" >"$$tmp/log" 2>&1 || \
		{ cat "$$tmp/log" >&2; exit 1; }; } && \
	SOURCE_DATE_EPOCH=$(changelog-time) VERSION=$(VERSION) KDIR='$(abspath $(KDIR))' \
	FORMAT='$(or $(FORMAT),$(kmod-format))' src/dist/make-kmod "$$tmp" "$$tmp/out" && \
	(cd "$$tmp/out" && ls | sed 's|^|dist/|') && mv -f "$$tmp"/out/* dist/

# That of the system whose kernel it is, as far as its name tells, or of this one.
kmod-format = $(shell case $$(cat '$(KDIR)/include/config/kernel.release' 2>/dev/null) in \
	(*.el[0-9]*|*.fc[0-9]*|*-default) echo rpm ;; \
	(*) command -v dpkg-deb >/dev/null && echo deb || echo rpm ;; esac)

## repo: dist/repo, signed, for apt, dnf and zypper; SIGNKEY=<gpg key> REPOURL=<where it will be>
# ARCHS="amd64 arm64" has the command of those architectures too. ADD=<files> takes in
# more packages: what "make kmod" has made, or what was built elsewhere.
repo:
	@ci/setup.sh repo
	@$(MAKE) --no-print-directory deb rpm
	@ci/cross.sh $(ARCHS)
	@ci/repo.sh $(ADD)

## demo: what QUIC, TCP and a video make of order, in sentences and a picture
demo:
	@ci/setup.sh demo
	@ci/demo/demo.sh

## check: all tests
check:
	@ci/setup.sh all uml
	@ci/tests/run.sh

## check-quick: the tests that take minutes
check-quick:
	@ci/setup.sh all
	@ci/tests/run.sh quick

## check-kernels: build the module for every kernel that it is for, and start some
check-kernels:
	@ci/setup.sh kernels vm
	@ci/tests/kernels.sh

## check-packages: the packages' life on many systems, and in machines (hours)
check-packages:
	@ci/setup.sh package vm
	@rc=0; for t in headers repo matrix boot walk; do ci/tests/package/$$t.sh || rc=1; done; exit $$rc

## check-repo: apt, dnf and zypper take the packages from what "make repo" makes (minutes)
check-repo:
	@ci/tests/package/repo.sh

## bench: measure both modules on many paths and by instructions and CPUs, draw it (four hours)
bench:
	@ci/setup.sh bench uml
	@rc=0; for m in 'instructions.sh --all' profile.sh speed.sh peers.sh run.sh 'run.sh --beside' gains.sh; do ci/bench/$$m || rc=$$?; done; ci/bench/pictures.sh dist/bench && exit $$rc

## lint: style and consistency of every file
lint:
	@ci/lint.sh

## clean: remove what building the module and the command left behind
clean: clean-module
	@rm -f src/cli/*.o src/cli/$(NAME)

# Without the kernel's help, so that it works when the kernel is gone; dist/ stays, and
# so does the command, which is for no kernel.
clean-module:
	@find src -path src/cli -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '*.o.d' -o -name '.*.cmd' -o -name '.*.d' \
		-o -name '.target' -o -name '*.order' -o -name '*.symvers' -o -name '.tmp_*' \
		-o -path src/compat/generated \) -prune -exec rm -rf {} +

## help: this list
help:
	@sed -n 's/^## \([^:]*\): /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22
