/* Makes calls of the C library fail below one folder, for tests: loaded with LD_PRELOAD.
 *
 * FAULTS_BELOW   folder; calls elsewhere are left alone
 * FAULTS_CALLS   which calls count, parted by commas: make, write, sync, rename, remove, open,
 *                read, look, lock (see `kinds` below)
 * FAULTS_FROM    the first of them that fails, counted from 1; 0: none, they are only counted
 * FAULTS_UNTIL   the last of them that fails; 0: all from the first one on
 * FAULTS_ERROR   the errno that they fail with; 0: writes are cut short instead
 * FAULTS_LOG     file that each call adds a line to: what it was, its path, and a `!` if it failed
 * FAULTS_CLOCK   seconds that the wall clock jumps by, at
 * FAULTS_CLOCK_AT  this reading of it, counted from 1
 * FAULTS_MOUNTS  file that is read in the place of /proc/self/mountinfo
 *
 * Counted in each process by itself. Left out: what writes past these functions (mmap, io_uring).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { MAKE, WRITE, SYNC, RENAME, REMOVE, OPEN, READ, LOOK, LOCK, KINDS };
static const char *kinds[KINDS] = {"make", "write", "sync", "rename", "remove",
                                   "open", "read", "look", "lock"};

static char below[PATH_MAX];
static int counts[KINDS];
static long from, until, error, clock_by, clock_at;
static const char *mounts;
static int log_file = -1;
static atomic_long calls, readings;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

__attribute__((constructor)) static void start(void) {
    const char *folder = getenv("FAULTS_BELOW"), *wanted = getenv("FAULTS_CALLS");
    const char *log = getenv("FAULTS_LOG");
    if (folder) snprintf(below, sizeof below, "%s", folder);
    for (int k = 0; wanted && k < KINDS; k++) {
        const char *at = strstr(wanted, kinds[k]);
        counts[k] = at != NULL;
    }
    from = number("FAULTS_FROM");
    until = number("FAULTS_UNTIL");
    error = number("FAULTS_ERROR");
    clock_by = number("FAULTS_CLOCK");
    clock_at = number("FAULTS_CLOCK_AT");
    mounts = getenv("FAULTS_MOUNTS");
    if (log) log_file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The path of a descriptor. */
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

/* Absolute; `..` and links are left as they are. */
static void absolute(int folder, const char *path, char *full) {
    char base[PATH_MAX] = "";
    while (!strncmp(path, "./", 2)) path += 2;
    if (path[0] != '/') {
        if (folder == AT_FDCWD) syscall(SYS_getcwd, base, sizeof base);
        else path_of(folder, base);
        snprintf(full, PATH_MAX, "%.2000s/%.2000s", base, path);
    } else {
        snprintf(full, PATH_MAX, "%s", path);
    }
}

/* Whether this call is to fail; it is counted if it is one of those that count. */
static int fails(enum kind kind, const char *full) {
    size_t length = strlen(below);
    if (!counts[kind] || !length || strncmp(full, below, length)) return 0;
    if (full[length] && full[length] != '/') return 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    int failing = from && call >= from && (!until || call <= until);
    if (log_file >= 0) {
        char line[PATH_MAX + 64];
        int size = snprintf(line, sizeof line, "%s %s%s\n", kinds[kind],
                            full[length] ? full + length + 1 : ".", failing ? " !" : "");
        syscall(SYS_write, log_file, line, size);
    }
    return failing;
}

static int fails_at(enum kind kind, int folder, const char *path) {
    char full[PATH_MAX];
    absolute(folder, path, full);
    return fails(kind, full);
}

static int fails_on(enum kind kind, int fd) {
    char full[PATH_MAX];
    return below[0] && counts[kind] && path_of(fd, full) && fails(kind, full);
}

#define REFUSE do { errno = error; return -1; } while (0)

static enum kind opening(int flags) {
    return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) ? MAKE : OPEN;
}

static const char *instead_of(const char *path) {
    return mounts && !strcmp(path, "/proc/self/mountinfo") ? mounts : path;
}

#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    REAL(open);
    MODE
    if (fails_at(opening(flags), AT_FDCWD, path)) REFUSE;
    return real(instead_of(path), flags, mode);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    MODE
    if (fails_at(opening(flags), AT_FDCWD, path)) REFUSE;
    return real(instead_of(path), flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    MODE
    if (fails_at(opening(flags), folder, path)) REFUSE;
    return real(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64);
    MODE
    if (fails_at(opening(flags), folder, path)) REFUSE;
    return real(folder, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
    REAL(creat);
    if (fails_at(MAKE, AT_FDCWD, path)) REFUSE;
    return real(path, mode);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (fails_at(MAKE, AT_FDCWD, path)) REFUSE;
    return real(path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(mkdirat);
    if (fails_at(MAKE, folder, path)) REFUSE;
    return real(folder, path, mode);
}

/* A write that is cut short writes at least a byte. */
static size_t part(size_t size) {
    return size > 1 ? size / 2 : size;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(write);
    if (fails_on(WRITE, fd)) {
        if (error) REFUSE;
        size = part(size);
    }
    return real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    REAL(pwrite);
    if (fails_on(WRITE, fd)) {
        if (error) REFUSE;
        size = part(size);
    }
    return real(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    if (fails_on(WRITE, fd)) {
        if (error) REFUSE;
        size = part(size);
    }
    return real(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (fails_on(WRITE, fd)) {
        if (error) REFUSE;
        struct iovec first = {parts[0].iov_base, part(parts[0].iov_len)};
        return real(fd, &first, 1);
    }
    return real(fd, parts, count);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags) {
    REAL(copy_file_range);
    if (fails_on(WRITE, out)) {
        if (error) REFUSE;
        size = part(size);
    }
    return real(in, in_at, out, out_at, size, flags);
}

int ftruncate(int fd, off_t size) {
    REAL(ftruncate);
    if (fails_on(WRITE, fd) && error) REFUSE;
    return real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    if (fails_on(WRITE, fd) && error) REFUSE;
    return real(fd, size);
}

int posix_fallocate(int fd, off_t at, off_t size) {
    REAL(posix_fallocate);
    if (fails_on(WRITE, fd) && error) return error;
    return real(fd, at, size);
}

int posix_fallocate64(int fd, off64_t at, off64_t size) {
    REAL(posix_fallocate64);
    if (fails_on(WRITE, fd) && error) return error;
    return real(fd, at, size);
}

int fsync(int fd) {
    REAL(fsync);
    if (fails_on(SYNC, fd)) REFUSE;
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    if (fails_on(SYNC, fd)) REFUSE;
    return real(fd);
}

int rename(const char *old, const char *new) {
    REAL(rename);
    if (fails_at(RENAME, AT_FDCWD, new)) REFUSE;
    return real(old, new);
}

int renameat(int from_folder, const char *old, int folder, const char *new) {
    REAL(renameat);
    if (fails_at(RENAME, folder, new)) REFUSE;
    return real(from_folder, old, folder, new);
}

int renameat2(int from_folder, const char *old, int folder, const char *new, unsigned flags) {
    REAL(renameat2);
    if (fails_at(RENAME, folder, new)) REFUSE;
    return real(from_folder, old, folder, new, flags);
}

int unlink(const char *path) {
    REAL(unlink);
    if (fails_at(REMOVE, AT_FDCWD, path)) REFUSE;
    return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    if (fails_at(REMOVE, folder, path)) REFUSE;
    return real(folder, path, flags);
}

int flock(int fd, int operation) {
    REAL(flock);
    if (fails_on(LOCK, fd)) REFUSE;
    return real(fd, operation);
}

ssize_t read(int fd, void *bytes, size_t size) {
    REAL(read);
    if (fails_on(READ, fd)) REFUSE;
    return real(fd, bytes, size);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict facts) {
    REAL(statx);
    /* Rust asks without a path whether there is such a call; the compiler would take it that
     * nobody does. */
    const char *volatile given = path;
    if (!given) return real(folder, given, flags, mask, facts);
    if (path[0] ? fails_at(LOOK, folder, path) : fails_on(LOOK, folder)) REFUSE;
    return real(folder, path, flags, mask, facts);
}

/* The time to add to this reading of the wall clock. */
static long jump(void) {
    return clock_at && atomic_fetch_add(&readings, 1) + 1 >= clock_at ? clock_by : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    REAL(clock_gettime);
    int outcome = real(clock, time);
    if (clock == CLOCK_REALTIME && !outcome) time->tv_sec += jump();
    return outcome;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    REAL(gettimeofday);
    int outcome = real(time, zone);
    if (!outcome) time->tv_sec += jump();
    return outcome;
}
