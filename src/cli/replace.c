// SPDX-License-Identifier: GPL-2.0
/* replace.c - files that are there whole, as they were or as they are to be. */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the folder of the file: only within a file system can one be renamed. */
static void name_next(struct replace *r)
{
	const char *slash = strrchr(r->path, '/');
	int folder = slash ? slash + 1 - r->path : 0;

	snprintf(r->next, sizeof(r->next), "%.*s.%s.XXXXXX", folder, r->path, r->path + folder);
}

int replace_begin(struct replace *r, const char *path)
{
	struct stat old = { .st_mode = 0644 };
	bool there;
	int fd;

	if (!realpath(path, r->path))
		snprintf(r->path, sizeof(r->path), "%s", path);
	there = !stat(r->path, &old);
	if (there && !S_ISREG(old.st_mode))
		return -EINVAL;
	name_next(r);
	fd = mkostemp(r->next, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Who may not give files away owns it from now on. */
	if (there && fchown(fd, old.st_uid, old.st_gid))
		errno = 0;
	if (fchmod(fd, old.st_mode & 0777))
		errno = 0;
	r->file = fdopen(fd, "w");
	if (r->file)
		return 0;
	close(fd);
	unlink(r->next);
	return -ENOMEM;
}

int replace_end(struct replace *r, bool keep)
{
	int err = 0;

	if (keep && (fflush(r->file) || ferror(r->file) || fsync(fileno(r->file))))
		err = errno ? -errno : -EIO;
	if (fclose(r->file) && !err)
		err = -errno;
	if (keep && !err && rename(r->next, r->path))
		err = -errno;
	if (!keep || err)
		unlink(r->next);
	return err;
}
