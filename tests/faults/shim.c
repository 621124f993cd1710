/*
 * Faults of the machine for one process, by LD_PRELOAD: writes and fsyncs that fail, a clock that jumps, and a record of
 * everything that reaches the disk, in order. Only files below FAULTS_ROOT are touched; SQLite's -shm index, which is
 * shared memory and no file after a power cut, is left alone.
 *
 * FAULTS_CONTROL: a file of 8 numbers (int64, native), mapped, so that an experiment changes them while the process
 * runs: errno for fsync, how often (-1: always), errno for writes, how often, nanoseconds added to the wall clock,
 * fsyncs seen, writes seen, unused.
 * FAULTS_TRACE: a file that records are appended to, one write each: kind, inode, offset, lengths, names or octets.
 * It trusts its one user, which is tests/faults, and is no part of mailguard.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FSYNC_ERRNO, FSYNC_LEFT, WRITE_ERRNO, WRITE_LEFT, CLOCK, FSYNCS, WRITES, UNUSED, FIELDS };
enum { DESCRIPTORS = 65536 };

static volatile int64_t nothing[FIELDS];
static volatile int64_t *control = nothing;
static int trace = -1;
static char root[PATH_MAX];
static size_t root_length;
static unsigned char ours[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, name, ...) static result (*real_##name)(__VA_ARGS__)
REAL(int, open, const char *, int, ...);
REAL(int, openat, int, const char *, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
REAL(int, fsync, int);
REAL(int, fdatasync, int);
REAL(int, ftruncate, int, off_t);
REAL(int, rename, const char *, const char *);
REAL(int, link, const char *, const char *);
REAL(int, linkat, int, const char *, int, const char *, int);
REAL(int, unlink, const char *);
REAL(int, mkdir, const char *, mode_t);
REAL(int, rmdir, const char *);
REAL(ssize_t, send, int, const void *, size_t, int);
REAL(ssize_t, sendmsg, int, const struct msghdr *, int);
REAL(ssize_t, writev, int, const struct iovec *, int);
REAL(int, clock_gettime, clockid_t, struct timespec *);
REAL(int, gettimeofday, struct timeval *, void *);

#define FIND(name, symbol) real_##name = (__typeof__(real_##name))dlsym(RTLD_NEXT, symbol)

__attribute__((constructor)) static void begin(void) {
    FIND(open, "open64"); FIND(openat, "openat64"); FIND(close, "close"); FIND(write, "write");
    FIND(pwrite, "pwrite64"); FIND(fsync, "fsync"); FIND(fdatasync, "fdatasync"); FIND(ftruncate, "ftruncate64");
    FIND(rename, "rename"); FIND(link, "link"); FIND(linkat, "linkat"); FIND(unlink, "unlink");
    FIND(mkdir, "mkdir"); FIND(rmdir, "rmdir"); FIND(send, "send"); FIND(sendmsg, "sendmsg");
    FIND(writev, "writev"); FIND(clock_gettime, "clock_gettime");
    FIND(gettimeofday, "gettimeofday");
    const char *name = getenv("FAULTS_ROOT");
    if (name != NULL && realpath(name, root) != NULL) root_length = strlen(root);
    if ((name = getenv("FAULTS_TRACE")) != NULL) trace = real_open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if ((name = getenv("FAULTS_CONTROL")) != NULL) {
        int file = real_open(name, O_RDWR | O_CLOEXEC);
        void *mapped = mmap(NULL, FIELDS * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) control = mapped;
        real_close(file);
    }
}

/* Whether a path lies below the root; its absolute form without symbolic links in `whole`. */
static int below(const char *path, char *whole) {
    char folder[PATH_MAX], resolved[PATH_MAX];
    if (root_length == 0 || path == NULL || strlen(path) + 2 > sizeof folder) return 0;
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    const char *last = slash == NULL ? path : path + (slash - folder) + 1;
    if (slash == NULL) strcpy(folder, "."); else if (slash == folder) strcpy(folder, "/"); else *slash = 0;
    if (realpath(folder, resolved) == NULL) return 0;
    if (snprintf(whole, PATH_MAX, "%s/%s", resolved, last) >= PATH_MAX) return 0;
    size_t length = strlen(whole);
    if (length > 4 && strcmp(whole + length - 4, "-shm") == 0) return 0;
    return strncmp(whole, root, root_length) == 0 && (whole[root_length] == '/' || whole[root_length] == 0);
}

static void record(char kind, uint64_t inode, int64_t offset, const void *one, size_t one_length, const void *two,
                   size_t two_length) {
    if (trace < 0) return;
    struct __attribute__((packed)) { char kind; uint64_t inode; int64_t offset; uint32_t one, two; } head =
        {kind, inode, offset, (uint32_t)one_length, (uint32_t)two_length};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)one, one_length}, {(void *)two, two_length}};
    int kept = errno;
    if (real_writev(trace, parts, 3) != (ssize_t)(sizeof head + one_length + two_length)) abort();
    errno = kept;
}

static int is_ours(int file) { return file >= 0 && file < DESCRIPTORS && ours[file]; }

static uint64_t inode_of(int file) {
    struct stat found;
    return fstat(file, &found) == 0 ? (uint64_t)found.st_ino : 0;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    if ((folder != AT_FDCWD && path[0] != '/') || !below(path, whole)) return real_openat(folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat before;
    int fresh = (flags & O_CREAT) && stat(path, &before) != 0;
    int file = real_openat(folder, path, flags, mode);
    if (file >= 0 && file < DESCRIPTORS) {
        ours[file] = 1;
        if (fresh) record('O', inode_of(file), 0, whole, strlen(whole), NULL, 0);
        else if (flags & O_TRUNC) record('X', inode_of(file), 0, NULL, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return file;
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags, mode) return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags, mode) return opened(folder, path, flags, mode); }

int close(int file) {
    if (file >= 0 && file < DESCRIPTORS) ours[file] = 0;
    return real_close(file);
}

/* Whether this call fails now, by the errno and the count of two fields. */
static int fails(int which) {
    if (control[which] == 0 || control[which + 1] == 0) return 0;
    if (control[which + 1] > 0) control[which + 1]--;
    errno = (int)control[which];
    return 1;
}

static ssize_t written(int file, const void *octets, size_t length, off_t offset, int positioned) {
    pthread_mutex_lock(&lock);
    control[WRITES]++;
    ssize_t done = -1;
    if (!fails(WRITE_ERRNO)) {
        done = positioned ? real_pwrite(file, octets, length, offset) : real_write(file, octets, length);
        if (done > 0 && !positioned) offset = lseek(file, 0, SEEK_CUR) - done;
        if (done > 0) record('W', inode_of(file), offset, octets, (size_t)done, NULL, 0);
    }
    int kept = errno;
    pthread_mutex_unlock(&lock);
    errno = kept;
    return done;
}

static void heard(const void *octets, size_t length);

ssize_t write(int file, const void *octets, size_t length) {
    if (is_ours(file)) return written(file, octets, length, 0, 0);
    heard(octets, length);
    return real_write(file, octets, length);
}
ssize_t pwrite(int file, const void *octets, size_t length, off_t offset) {
    return is_ours(file) ? written(file, octets, length, offset, 1) : real_pwrite(file, octets, length, offset);
}
ssize_t pwrite64(int file, const void *octets, size_t length, off_t offset) { return pwrite(file, octets, length, offset); }

static int synced(int file, int (*real)(int)) {
    if (!is_ours(file)) return real(file);
    pthread_mutex_lock(&lock);
    control[FSYNCS]++;
    int failing = fails(FSYNC_ERRNO), number = errno;
    uint64_t inode = inode_of(file);
    if (!failing) record('B', inode, file, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (failing) { errno = number; return -1; }
    int done = real(file);
    pthread_mutex_lock(&lock);
    if (done == 0) record('E', inode, file, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int file) { return synced(file, real_fsync); }
int fdatasync(int file) { return synced(file, real_fdatasync); }

int ftruncate(int file, off_t length) {
    if (!is_ours(file)) return real_ftruncate(file, length);
    pthread_mutex_lock(&lock);
    int done = real_ftruncate(file, length);
    if (done == 0) record('X', inode_of(file), length, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int ftruncate64(int file, off_t length) { return ftruncate(file, length); }

/* A change of names: done and recorded as one. */
#define NAMES(kind, call, one, two) \
    char first[PATH_MAX], second[PATH_MAX] = ""; \
    if (!below(one, first) || ((two) != NULL && !below(two, second))) return call; \
    pthread_mutex_lock(&lock); \
    struct stat found; \
    uint64_t inode = lstat(one, &found) == 0 ? (uint64_t)found.st_ino : 0; \
    int done = call; \
    if (done == 0) { \
        if (inode == 0 && lstat(one, &found) == 0) inode = (uint64_t)found.st_ino; \
        record(kind, inode, 0, first, strlen(first), second, strlen(second)); \
    } \
    pthread_mutex_unlock(&lock); \
    return done;

int rename(const char *old, const char *new) { NAMES('R', real_rename(old, new), old, new) }
int link(const char *old, const char *new) { NAMES('L', real_link(old, new), old, new) }
int linkat(int from, const char *old, int to, const char *new, int flags) { NAMES('L', real_linkat(from, old, to, new, flags), old, new) }
int unlink(const char *path) { NAMES('U', real_unlink(path), path, (char *)NULL) }
int mkdir(const char *path, mode_t mode) { NAMES('M', real_mkdir(path, mode), path, (char *)NULL) }
int rmdir(const char *path) { NAMES('D', real_rmdir(path), path, (char *)NULL) }

/* What was said to others, by whichever call: a receipt to a client, or a mail to the next server. */
static void heard(const void *octets, size_t length) {
    size_t shown = length < 4096 ? length : 4096;
    if (trace < 0 || (memmem(octets, shown, "250 2.0.0 ", 10) == NULL
                      && memmem(octets, shown, "X-Mailguard-Processed: ", 23) == NULL)) return;
    pthread_mutex_lock(&lock);
    record('S', 0, 0, octets, shown, NULL, 0);
    pthread_mutex_unlock(&lock);
}

/* The same of octets that lie in pieces. */
static void heard_pieces(const struct iovec *pieces, size_t count) {
    char joined[4096];
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof joined; i++) {
        size_t most = sizeof joined - length, taken = pieces[i].iov_len < most ? pieces[i].iov_len : most;
        memcpy(joined + length, pieces[i].iov_base, taken);
        length += taken;
    }
    heard(joined, length);
}

ssize_t send(int file, const void *octets, size_t length, int flags) {
    heard(octets, length);
    return real_send(file, octets, length, flags);
}
ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
    heard_pieces(message->msg_iov, message->msg_iovlen);
    return real_sendmsg(file, message, flags);
}
ssize_t writev(int file, const struct iovec *pieces, int count) {
    heard_pieces(pieces, (size_t)count);
    return real_writev(file, pieces, count);
}

int clock_gettime(clockid_t which, struct timespec *now) {
    int done = real_clock_gettime(which, now);
    int64_t more = control[CLOCK];
    if (done == 0 && more != 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        int64_t sum = now->tv_sec * INT64_C(1000000000) + now->tv_nsec + more;
        now->tv_sec = sum / INT64_C(1000000000);
        now->tv_nsec = sum % INT64_C(1000000000);
    }
    return done;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec found;
    int done = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return done;
}
time_t time(time_t *kept) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (kept != NULL) *kept = found.tv_sec;
    return found.tv_sec;
}
