"""What a job may take of the machine, as far as a user can say so without cgroups."""

LOOK_EVERY_SECONDS = 0.5
WALK_AT_MOST_SHARE = 0.05  # of the time
MORE_THAN_BEFORE_BYTES = 64 << 20
MAX_DEPTH, MAX_FOLDERS = 500, 1 << 20
# A disk without room for files is as full as one without room for bytes.
RESERVE_FILES, BYTES_FOR_FILE = 20_000, 4096


def set_limits(limits):
    for name, kind in (("processes", "NPROC"), ("fileBytes", "FSIZE"), ("dataBytes", "DATA")):
        wanted, number = limits[name], getattr(resource, "RLIMIT_" + kind)
        allowed = resource.getrlimit(number)[1]
        if wanted is not None:
            value = wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
            resource.setrlimit(number, (value, value))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def be_first_to_go():
    """Where memory runs out, before anything of the host."""
    try:
        write_once("/proc/self/oom_score_adj", "500")
    except OSError:
        pass


def forbid_namespaces():
    """A user namespace inside of this one would give the job rights that it was not given here."""
    Step.now = "forbid user namespaces"
    write_once("/proc/sys/user/max_user_namespaces", "0")


def leave_keyring():
    """The runner's session may hold the keys of its user."""
    numbers = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}
    try:
        call("syscall", ctypes.c_long(numbers[os.uname().machine]), 1, None)
    except (OSError, KeyError):
        pass  # a kernel without keys


def watch_disk(job, limits):
    """In the first process, which has the rights of all of the job's files and cannot be killed by the job."""
    if limits["diskBytes"] is not None:
        threading.Thread(target=watch, args=(job, limits), daemon=True).start()


def watch(job, limits):
    """Where the disk is low, what it has lost since the job began counts too: not all that a job holds can be found."""
    free_before, next_walk = None, 0.0
    first_free, first_files = free_on_disk(job)
    while True:
        free, files = free_on_disk(job)
        lost = max(first_free - free, (first_files - files) * BYTES_FOR_FILE)
        is_low = free < limits["reserveBytes"] or 0 < first_files and files < RESERVE_FILES
        has_grown = free_before is None or free_before - free > MORE_THAN_BEFORE_BYTES
        if (is_low or has_grown) and time.monotonic() >= next_walk:
            started = time.monotonic()
            try:
                used = used_bytes(job) + unnamed_bytes()
            except TooMany:
                end(folders=MAX_FOLDERS, depth=MAX_DEPTH)
            free_before = free
            next_walk = time.monotonic() + (time.monotonic() - started) / WALK_AT_MOST_SHARE
            if used > limits["diskBytes"] or (is_low and max(used, lost) > MORE_THAN_BEFORE_BYTES):
                end(disk=used, free=free)
        time.sleep(LOOK_EVERY_SECONDS)


def end(**fact):
    tell(**fact)
    os._exit(128 + signal.SIGKILL)


def free_on_disk(job):
    disk = os.fstatvfs(job)
    return disk.f_bavail * disk.f_frsize, disk.f_favail


def open_unmounted(path):
    """The folder as it is on the disk, whatever will be mounted below it in this namespace."""
    Step.now = "watch the disk"
    mount(path, DISK, None, MS_BIND)
    return os.open(DISK, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


class TooMany(Exception):
    """Depth and number are the job's to choose, and what is not counted would be free."""


def used_bytes(job):
    used, count = 0, 0
    open_folders = [(os.dup(job), [])]
    try:
        used, open_folders[0] = look_at(open_folders[0][0])
        while open_folders:
            at, names = open_folders[-1]
            if not names:
                open_folders.pop()
                os.close(at)
                continue
            inner = open_inner(at, names.pop())
            if inner is not None:
                size, (inner, more) = look_at(inner)
                open_folders.append((inner, more))
                used, count = used + size, count + len(more)
                if len(open_folders) > MAX_DEPTH or count > MAX_FOLDERS:
                    raise TooMany()
        return used
    finally:
        for at, _ in open_folders:
            os.close(at)


def unnamed_bytes():
    """Of files that were removed and are still open: no folder has them. Of those, too, a job decides how many."""
    found, count = {}, 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        folder = "/proc/%s/fd" % process
        try:
            names = os.listdir(folder)
        except OSError:
            continue  # ended meanwhile
        count += len(names)
        if count > MAX_FOLDERS:
            raise TooMany()
        for name in names:
            try:
                status = os.stat(folder + "/" + name)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def open_inner(at, name):
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    except OSError:
        return None  # gone meanwhile


def look_at(at):
    used, folders = 0, []
    with os.scandir(at) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append(entry.name)
            used += status.st_blocks * 512 // (status.st_nlink if stat.S_ISREG(status.st_mode) else 1)
    return used, (at, folders)
