// The Linux event interfaces that Swift's Glibc module leaves out.
#ifdef __linux__
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// epoll_wait(2) with a timeout in nanoseconds, -1 for none. By number, since the C libraries' function for it came late, and
// with a structure of its own: Swift would take glibc's timespec for this module's. Before Linux 5.11 the timeout is
// rounded up to milliseconds: a timer must be due when the wait ends.
static inline int egret_epoll_wait(int epoll, struct epoll_event *events, int most, long long nanoseconds) {
    if (nanoseconds <= 0) return epoll_wait(epoll, events, most, nanoseconds < 0 ? -1 : 0);
#ifdef SYS_epoll_pwait2
    struct { long long seconds, nanoseconds; } time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    int count = (int)syscall(SYS_epoll_pwait2, epoll, events, most, &time, (void *)0, (unsigned long)8);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
#endif
    long long milliseconds = nanoseconds / 1000000 + 1;
    return epoll_wait(epoll, events, most, milliseconds > 0x7fffffff ? 0x7fffffff : (int)milliseconds);
}
#endif
