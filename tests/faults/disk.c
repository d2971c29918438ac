/* Loaded before the C library: while the file named by BROKEN_DISK exists, the disk does not keep
   what was written to the database. Each refusal is noted in that file, with the process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int broken(int fd) {
  char link[64], path[4096], line[32];
  const char *flag = getenv("BROKEN_DISK");
  ssize_t length;
  int note;
  if (!flag || access(flag, F_OK) != 0)
    return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  if (length < 0)
    return 0;
  path[length] = 0;
  if (!strstr(path, "shop.db"))
    return 0;
  note = open(flag, O_WRONLY | O_APPEND);
  if (note >= 0) {
    length = snprintf(line, sizeof line, "%d\n", (int)getpid());
    if (write(note, line, length) != length) { /* nothing depends on it */
    }
    close(note);
  }
  errno = EIO;
  return 1;
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return broken(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return broken(fd) ? -1 : real(fd);
}
