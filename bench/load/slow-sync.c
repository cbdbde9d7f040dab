/* Makes each sync take DELAY_MS longer than the disk does: cc -shared -fPIC -DDELAY_MS=10, then LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static int after_delay(const char *name, int fd) {
  usleep(DELAY_MS * 1000);
  return ((sync_call)dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return after_delay("fsync", fd); }
int fdatasync(int fd) { return after_delay("fdatasync", fd); }
