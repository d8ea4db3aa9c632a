# SPDX-License-Identifier: GPL-2.0
#
# Finds out which of the kernel's interfaces are there, before anything is
# compiled: each file in probe/ is compiled with the flags of the target kernel,
# and what came of it ends up in generated/have.h, which every object includes.
# See README.

probe-src := $(src)/compat/probe
probe-out := $(obj)/compat/generated
probe-sh := $(src)/compat/probe.sh
probe-names := $(sort $(patsubst $(probe-src)/%.c,%,$(wildcard $(probe-src)/*.c)))
probe-results := $(probe-names:%=$(probe-out)/%.result)

# Probes see the kernel as it is, everything else sees it through the shims.
# They have to come before the kernel's own folders, for which ccflags-y is too
# late.
probe-include := $(LINUXINCLUDE)
LINUXINCLUDE := -I$(src)/compat/include -include $(probe-out)/have.h $(LINUXINCLUDE)

$(probe-out)/target $(probe-results): LINUXINCLUDE := $(probe-include)
$(probe-out)/target $(probe-results): ccflags-y :=
$(probe-out)/target $(probe-results): part-of-module := y

# A call that does not fit has to fail, whatever this kernel and its
# configuration make of warnings; harmless warnings must not fail.
probe-flags := -Wno-error -Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Werror=int-conversion \
	-Werror=return-type -fsyntax-only

# All that results depend on: where the kernel is, the compiler, its flags, the
# headers in every folder it searches, and what the kernel exports. The file is
# replaced only when something of that has changed, and then all probes run anew.
probe-dirs = $(sort $(patsubst -I%,%,$(filter -I%,$(probe-include) $(KBUILD_CPPFLAGS))))
filechk_probe-target = \
	$(CONFIG_SHELL) $(probe-sh) kernel $(objtree); \
	LC_ALL=C $(CC) --version | head -n 1; \
	printf '%s\n' $(c_flags) $(probe-flags); \
	LC_ALL=C ls -lLR --full-time $(probe-dirs) 2>/dev/null | cksum; \
	cksum <$(objtree)/Module.symvers

$(probe-out)/target: FORCE
	$(call filechk,probe-target)

quiet_cmd_probe =
      cmd_probe = $(CONFIG_SHELL) $(probe-sh) run $@ $< $(objtree)/Module.symvers \
		$(CC) $(c_flags) $(probe-flags)

$(probe-results): $(probe-out)/%.result: $(probe-src)/%.c $(probe-out)/target $(probe-sh)
	$(call cmd,probe)

filechk_probe-have = $(CONFIG_SHELL) $(probe-sh) have $(probe-out) $(probe-names)

$(probe-out)/have.h: $(probe-results) $(probe-sh) FORCE
	$(call filechk,probe-have)

$(addprefix $(obj)/,$(wireguard-y)): $(probe-out)/have.h

clean-files += compat/generated
