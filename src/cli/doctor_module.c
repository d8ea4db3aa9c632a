// SPDX-License-Identifier: GPL-2.0
/* doctor_module.c - checks of the module: loaded, on disk, built, signed, alone. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "file.h"
#include "overrides.h"
#include "program.h"
#include "say.h"

/* Room for the list of files in an initial file system. */
#define LIST_ROOM (8 << 20)

/* Room for a remedy. */
#define REMEDY 512

/* Whether the kernel takes no module and gives none away until it is started again. */
static bool frozen(void)
{
	char line[16];

	return file_line(line, sizeof(line), "/proc/sys/kernel/modules_disabled") &&
	       !strcmp(line, "1");
}

static void check_loaded(const struct doctor *d)
{
	const struct loaded *loaded = &d->loaded;

	if (loaded->builtin)
		doctor_note(d, DOCTOR_FAIL, "loaded",
			    "use a kernel that has WireGuard as a module (CONFIG_WIREGUARD=m)",
			    "WireGuard is built into kernel %s, and a module cannot replace it",
			    d->kernel.release);
	else if (loaded->whose == KERNEL_OURS)
		doctor_note(d, DOCTOR_OK, "loaded", NULL, "ours %s is running", loaded->id.version);
	else if (frozen())
		doctor_note(d, DOCTOR_FAIL, "loaded", "restart",
			    "%s, and that stays so until a restart: kernel.modules_disabled is 1",
			    loaded->whose == KERNEL_STOCK ? "the stock module is running" :
							    "no wireguard module is loaded");
	else if (loaded->whose == KERNEL_STOCK)
		doctor_note(d, DOCTOR_FAIL, "loaded", "wireguard-reorder switch ours",
			    "the stock module is running");
	else
		doctor_note(d, DOCTOR_WARN, "loaded", "modprobe wireguard",
			    "no wireguard module is loaded");
}

/* Asks the package's program. Return: whether it is there and has an answer, a line. */
static bool ask_package(char to[PATH_MAX], const char *what, const char *release,
			const char *about)
{
	char program[PATH_MAX];
	const char *const words[] = { program, what, release, about, NULL };

	file_path(program, "/usr/libexec/wireguard-reorder/wireguard-reorder-package");
	if (program_run(to, PATH_MAX, words))
		return false;
	to[strcspn(to, "\n")] = 0;
	return *to;
}

/* Where ours is installed and another goes before it, a line of depmod.d may say so. */
static void note_other_named(const struct doctor *d)
{
	const char *path = d->kernel.named.path, *release = d->kernel.release;
	char line[PATH_MAX];

	if (!strcmp(d->kernel.dkms, "installed") &&
	    ask_package(line, "decides", release, path))
		doctor_note(d, DOCTOR_FAIL, "disk", "take that out, then depmod",
			    "%s would be loaded, which is not ours, for so says %s", path, line);
	else
		doctor_note(d, DOCTOR_FAIL, "disk", "the findings below say why; if none does: depmod",
			    "%s would be loaded, which is not ours", path);
}

static void check_disk(const struct doctor *d)
{
	const struct module *named = &d->kernel.named;

	if (!*named->path)
		doctor_note(d, DOCTOR_FAIL, "disk", "install the package wireguard-reorder-dkms",
			    "kernel %s has no wireguard module on disk", d->kernel.release);
	else if (!named->ours)
		note_other_named(d);
	else if (d->loaded.whose != KERNEL_NONE && !kernel_same(&named->id, &d->loaded.id))
		doctor_note(d, DOCTOR_WARN, "disk",
			    frozen() ? "restart" : "wireguard-reorder switch ours, or restart",
			    "another module runs than the one on disk (%s %s)", named->path,
			    named->id.version);
	else
		doctor_note(d, DOCTOR_OK, "disk", NULL, "%s is ours %s", named->path,
			    named->id.version);
}

/* Another kernel that a package has brought ours for. Return: whether there is one. */
static bool find_prebuilt_for(char release[KERNEL_RELEASE])
{
	bool found = false;
	struct kernel *list;
	size_t i, count;

	list = kernel_list(&count);
	for (i = 0; i < count && !found; i++) {
		found = kernel_has_prebuilt(list[i].release);
		if (found)
			snprintf(release, KERNEL_RELEASE, "%s", list[i].release);
	}
	free(list);
	return found;
}

/* Return: whether packages bring the module here, and DKMS has nothing to do. */
static bool check_prebuilt(const struct doctor *d)
{
	char release[KERNEL_RELEASE], remedy[REMEDY];

	if (kernel_is_prebuilt(&d->kernel)) {
		doctor_note(d, DOCTOR_OK, "prebuilt", NULL,
			    "a package has brought version %s for kernel %s",
			    d->kernel.dkms_version, d->kernel.release);
		return true;
	}
	if (strcmp(d->kernel.dkms, "none") || !find_prebuilt_for(release))
		return false;
	snprintf(remedy, sizeof(remedy),
		 "install the package for %s (\"make kmod\" makes it), or restart into %s",
		 d->kernel.release, release);
	doctor_note(d, DOCTOR_FAIL, "prebuilt", remedy,
		    "the prebuilt module is for kernel %s, and %s runs", release,
		    d->kernel.release);
	return true;
}

static void check_dkms(const struct doctor *d)
{
	const struct kernel *kernel = &d->kernel;
	char remedy[REMEDY];

	if (!strcmp(kernel->dkms, "installed")) {
		doctor_note(d, DOCTOR_OK, "dkms", NULL, "version %s is installed for kernel %s",
			    kernel->dkms_version, kernel->release);
		return;
	}
	snprintf(remedy, sizeof(remedy), "dkms install -m wireguard-reorder -v %s -k %s",
		 kernel->dkms_version, kernel->release);
	if (!strcmp(kernel->dkms, "none"))
		doctor_note(d, DOCTOR_FAIL, "dkms", "install the package wireguard-reorder-dkms",
			    "DKMS does not know wireguard-reorder");
	else if (!strcmp(kernel->dkms, "built"))
		doctor_note(d, DOCTOR_FAIL, "dkms", remedy,
			    "version %s is built for kernel %s, but not installed",
			    kernel->dkms_version, kernel->release);
	else
		doctor_note(d, DOCTOR_FAIL, "dkms", remedy,
			    "version %s is not built for kernel %s", kernel->dkms_version,
			    kernel->release);
}

/* What to type where nothing but the distribution is known. */
static void guess_headers(char remedy[REMEDY], const char *release)
{
	const char *flavour = strrchr(release, '-');
	char *system = file_text("/etc/os-release");

	if (system && (strstr(system, "debian") || strstr(system, "ubuntu")))
		snprintf(remedy, REMEDY, "apt install linux-headers-%s", release);
	else if (system && strstr(system, "suse"))
		snprintf(remedy, REMEDY, "zypper install kernel-%s-devel",
			 flavour ? flavour + 1 : "default");
	else
		snprintf(remedy, REMEDY, "dnf install kernel-devel-%s, or the package with those headers",
			 release);
	free(system);
}

/* The package's program knows which are right, and says what there is in the way. */
static void find_headers(char remedy[REMEDY], const char *release)
{
	char program[PATH_MAX], said[4096];
	const char *const words[] = { program, "headers", release, NULL };
	const char *line, *mend;

	file_path(program, "/usr/libexec/wireguard-reorder/wireguard-reorder-package");
	if (program_run(said, sizeof(said), words) || !*said) {
		guess_headers(remedy, release);
		return;
	}
	line = program_last_line(said);
	mend = strstr(line, "to mend: ");
	snprintf(remedy, REMEDY, "%s", mend ? mend + strlen("to mend: ") : line);
}

static void check_headers(const struct doctor *d)
{
	const char *release = d->kernel.release;
	char remedy[REMEDY];

	if (file_exists("/lib/modules/%s/build/include", release)) {
		doctor_note(d, DOCTOR_OK, "headers", NULL, "those of kernel %s are installed",
			    release);
		return;
	}
	find_headers(remedy, release);
	doctor_note(d, DOCTOR_FAIL, "headers", remedy,
		    "those of kernel %s are missing, so nothing can be built for it", release);
}

/* Whether the kernel that runs takes no module without a signature it trusts. */
static bool enforced(void)
{
	char line[256];

	file_line(line, sizeof(line), "/sys/module/module/parameters/sig_enforce");
	if (*line == 'Y')
		return true;
	file_line(line, sizeof(line), "/sys/kernel/security/lockdown");
	return strstr(line, "[integrity]") || strstr(line, "[confidentiality]");
}

/* DKMS signs with openssl, and newer versions not in a chroot or an image. */
static void note_not_signed(const struct doctor *d)
{
	const struct kernel *kernel = &d->kernel;
	const char *const words[] = { "openssl", "version", NULL };
	const char *v = kernel->dkms_version, *k = kernel->release;
	char said[256], remedy[REMEDY];
	bool lacking;

	if (kernel_is_prebuilt(kernel)) {
		doctor_note(d, DOCTOR_FAIL, "signature",
			    "install one that is (make kmod with MODSIGNKEY and MODSIGNCERT)",
			    "the module is not signed and this kernel insists on signatures");
		return;
	}
	lacking = program_run(said, sizeof(said), words) == 127;
	snprintf(remedy, sizeof(remedy),
		 "%sdkms unbuild -m wireguard-reorder -v %s -k %s; dkms install -m wireguard-reorder -v %s -k %s",
		 lacking ? "install openssl, then " : "", v, k, v, k);
	doctor_note(d, DOCTOR_FAIL, "signature", remedy,
		    "the module is not signed and this kernel insists on signatures%s",
		    lacking ? "" : "; DKMS does not sign in a chroot or an image");
}

static void check_signature(const struct doctor *d)
{
	const struct module *module = *d->kernel.built.path ? &d->kernel.built :
							      &d->kernel.named;

	if (*module->signer)
		doctor_note(d, DOCTOR_OK, "signature", NULL, "the module is signed by %s",
			    module->signer);
	else if (enforced())
		note_not_signed(d);
	else
		doctor_note(d, DOCTOR_OK, "signature", NULL,
			    "the module is not signed, and this kernel does not ask for it");
}

/* Four bytes of attributes come before the value. */
static bool secure_boot(void)
{
	unsigned char value[5] = {};
	char path[PATH_MAX];
	bool on = false;
	int fd;

	if (!file_match(path, "/sys/firmware/efi/efivars/SecureBoot-*"))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		on = read(fd, value, sizeof(value)) == sizeof(value) && value[4] == 1;
		close(fd);
	}
	return on;
}

/* The package's program reads the settings of DKMS, which are shell. */
static void find_certificate(char path[PATH_MAX], const char *release)
{
	if (ask_package(path, "certificate", release, NULL))
		return;
	if (!file_match(path, "/var/lib/shim-signed/mok/MOK.der"))
		file_path(path, "/var/lib/dkms/mok.pub");
}

static void check_key(const struct doctor *d)
{
	char path[PATH_MAX], said[1024], remedy[PATH_MAX + 64];
	const char *const words[] = { "mokutil", "--test-key", path, NULL };
	int status;

	find_certificate(path, d->kernel.release);
	status = program_run(said, sizeof(said), words);
	snprintf(remedy, sizeof(remedy), "mokutil --import %s, then restart and confirm it", path);
	if (status == 127)
		doctor_note(d, DOCTOR_WARN, "secure-boot", "install mokutil",
			    "on, and there is no telling whether the key that signs is enrolled");
	else if (strstr(said, "is already enrolled") || strstr(said, "is already in db"))
		doctor_note(d, DOCTOR_OK, "secure-boot", NULL,
			    "on, and the key that signs (%s) is enrolled", path);
	else
		doctor_note(d, enforced() ? DOCTOR_FAIL : DOCTOR_WARN, "secure-boot", remedy,
			    "on, and the key that signs (%s) is not enrolled", path);
}

static void check_secure_boot(const struct doctor *d)
{
	if (secure_boot())
		check_key(d);
	else
		doctor_note(d, DOCTOR_OK, "secure-boot", NULL, "off");
}

/* Whether the initial file system has a wireguard. Return: -1 if that cannot be seen. */
static int image_has(const char *image)
{
	const char *const debian[] = { "lsinitramfs", image, NULL };
	const char *const others[] = { "lsinitrd", image, NULL };
	char *list = say_alloc(NULL, LIST_ROOM);
	int status = 127, has;

	/* Only the other one knows unified kernel images. */
	if (strcmp(image + strlen(image) - 4, ".efi"))
		status = program_run(list, LIST_ROOM, debian);
	if (status == 127)
		status = program_run(list, LIST_ROOM, others);
	has = status ? -1 : !!strstr(list, "/wireguard.ko");
	free(list);
	return has;
}

/* Where systemd-boot and kernel-install have it, also in one file with the kernel. */
static bool find_loader_image(char path[PATH_MAX], const char *release)
{
	static const char *const places[] = { "/boot", "/boot/efi", "/efi" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (file_match(path, "%s/*/%s/init*", places[i], release) ||
		    file_match(path, "%s/EFI/Linux/*-%s.efi", places[i], release) ||
		    file_match(path, "%s/EFI/Linux/*-%s+*.efi", places[i], release))
			return true;
	}
	return false;
}

static bool find_image(char path[PATH_MAX], const char *release)
{
	return file_match(path, "/boot/initrd.img-%s", release) ||
	       file_match(path, "/boot/initramfs-%s.img", release) ||
	       file_match(path, "/boot/initrd-%s", release) ||
	       find_loader_image(path, release);
}

static void image_remedy(char remedy[REMEDY], const char *path, const char *release)
{
	char folder[PATH_MAX];

	file_path(folder, "/boot/init");
	if (!strncmp(path, folder, strlen(folder)))
		snprintf(remedy, REMEDY, "update-initramfs -u -k %s, or dracut --force %.150s %s",
			 release, path, release);
	else
		snprintf(remedy, REMEDY, "kernel-install add %s /lib/modules/%s/vmlinuz", release,
			 release);
}

static bool is_newer(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && a.st_mtime > b.st_mtime;
}

static void check_initramfs(const struct doctor *d)
{
	char path[PATH_MAX], remedy[REMEDY];
	int has;

	if (!find_image(path, d->kernel.release)) {
		doctor_note(d, DOCTOR_OK, "initramfs", NULL,
			    "kernel %s has none in /boot, /efi or a folder of a boot loader there",
			    d->kernel.release);
		return;
	}
	has = image_has(path);
	image_remedy(remedy, path, d->kernel.release);
	if (has < 0)
		doctor_note(d, DOCTOR_WARN, "initramfs",
			    geteuid() ? "sudo wireguard-reorder doctor" : remedy,
			    "%s cannot be looked into", path);
	else if (has && is_newer(d->kernel.named.path, path))
		doctor_note(d, DOCTOR_WARN, "initramfs", remedy,
			    "%s has an older wireguard than the disk", path);
	else
		doctor_note(d, DOCTOR_OK, "initramfs", NULL, "%s has %s wireguard", path,
			    has ? "the same" : "no");
}

/* Notes each file that fits and is neither the one that is to be loaded nor ours. */
static unsigned int note_others(const struct doctor *d, const char *folder)
{
	unsigned int count = 0;
	struct module other;
	char path[PATH_MAX];
	glob_t found;
	size_t i;

	file_path(path, "/lib/modules/%s/%s/wireguard.ko*", d->kernel.release, folder);
	if (!glob(path, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++) {
			if (file_same(found.gl_pathv[i], d->kernel.named.path))
				continue;
			module_read(&other, found.gl_pathv[i]);
			if (other.ours && !d->kernel.named.ours)
				continue;
			count++;
			doctor_note(d, DOCTOR_WARN, "owners",
				    "remove it (rpm -qf or dpkg -S says what it belongs to), then depmod",
				    "%s could be loaded instead", found.gl_pathv[i]);
		}
	}
	globfree(&found);
	return count;
}

/**
 * struct overrides - lines that keep modprobe from loading the module
 * @doctor: told of each
 * @count: how many
 */
struct overrides {
	const struct doctor *doctor;
	unsigned int count;
};

static void note_override(void *data, const char *path, const char *line)
{
	struct overrides *overrides = data;

	overrides->count++;
	doctor_note(overrides->doctor, DOCTOR_WARN, "owners", "remove that",
		    "%s keeps modprobe from loading it: %s", path, line);
}

static unsigned int note_overrides(const struct doctor *d)
{
	struct overrides overrides = { .doctor = d };

	overrides_find(note_override, &overrides);
	return overrides.count;
}

static void check_owners(const struct doctor *d)
{
	unsigned int count = 0;

	/* Not more patterns than depmod has folders that go before the kernel's own. */
	count += note_others(d, "updates");
	count += note_others(d, "updates/*");
	count += note_others(d, "extra");
	count += note_others(d, "extra/*");
	count += note_others(d, "weak-updates");
	count += note_others(d, "weak-updates/*");
	count += note_overrides(d);
	if (file_exists("/var/lib/dkms/wireguard")) {
		count++;
		doctor_note(d, DOCTOR_WARN, "owners", "remove the package wireguard-dkms, or: dkms remove wireguard --all",
			    "DKMS has another module of that name (wireguard)");
	}
	if (!count)
		doctor_note(d, DOCTOR_OK, "owners", NULL, "nothing else claims the module");
}

void doctor_check_module(const struct doctor *doctor)
{
	check_loaded(doctor);
	if (!doctor->installed) {
		doctor_note(doctor, DOCTOR_FAIL, "disk", "restart into a kernel that is installed",
			    "the running kernel %s has no folder in /lib/modules",
			    doctor->kernel.release);
		return;
	}
	check_disk(doctor);
	if (!check_prebuilt(doctor)) {
		check_dkms(doctor);
		check_headers(doctor);
	}
	check_signature(doctor);
	check_secure_boot(doctor);
	check_initramfs(doctor);
	check_owners(doctor);
}
