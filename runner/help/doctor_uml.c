#include "runner/help/doctor.h"

#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "runner/instance.h"
#include "runner/target/uml.h"

#define FIX_PACKAGE "apt-get install user-mode-linux"

static bool
modules_found(struct doctor *d)
{
	glob_t g;
	bool found = glob("/usr/lib/uml/modules/*/modules.dep", 0, NULL, &g) == 0 && g.gl_pathc > 0;
	if (found)
		doctor_say(d, FINDING_OK, "modules", NULL, "%.*s",
			   (int)(strlen(g.gl_pathv[0]) - strlen("/modules.dep")), g.gl_pathv[0]);
	else
		doctor_say(d, FINDING_MISSING, "modules", FIX_PACKAGE, "none in /usr/lib/uml/modules");
	globfree(&g);
	return found;
}

/* It boots, here and now: everything else about it is only a hint. */
static void
boot(struct doctor *d)
{
	static struct instance in;
	const struct instance_wish wish = { .target = "linux", .seed = 1 };
	struct err e;
	uint64_t began = clock_ns();
	if (!instance_open(&in, &wish, &e)) {
		doctor_say(d, FINDING_BROKEN, "boot", NULL, "%s", e.text);
		return;
	}
	doctor_say(d, FINDING_OK, "boot", NULL, "%s %s answers %.1f s after its start (-t linux)", in.target.os,
		   in.target.release, (double)(clock_ns() - began) / 1e9);
	instance_close(&in);
}

void
doctor_uml(struct doctor *d)
{
	char kernel[1024], initramfs[1024];
	struct err e;
	doctor_group(d, "User-Mode Linux (-t linux)");
	if (!uml_find_kernel(NULL, kernel, sizeof kernel, &e)) {
		doctor_say(d, FINDING_MISSING, "kernel", FIX_PACKAGE, "no linux.uml in PATH");
		return;
	}
	doctor_say(d, FINDING_OK, "kernel", NULL, "%s", kernel);
	(void)modules_found(d);
	bool found = uml_find_initramfs(initramfs, sizeof initramfs, &e);
	if (found)
		doctor_say(d, FINDING_OK, "initramfs", NULL, "%s",
			   strncmp(initramfs, "/proc/self/", 11) == 0 ? "made in memory from these modules"
								      : initramfs);
	else
		doctor_say(d, FINDING_MISSING, "initramfs", "make initramfs, or set ESPY_INITRAMFS", "%s", e.text);
	const char *memory = uml_memory_directory();
	if (memory != NULL)
		doctor_say(d, FINDING_OK, "memory", NULL, "%s has room for the kernel's memory", memory);
	else
		doctor_say(
			d, FINDING_BROKEN, "memory",
			"mount -o remount,exec,size=1G /dev/shm, or set TMPDIR to a folder with room and without noexec",
			"neither TMPDIR, /dev/shm, /tmp nor /var/tmp can hold %d MiB that may be executed",
			UML_MEMORY_MB);
	if (found && memory != NULL)
		boot(d);
}
