"""The root of the job's file system. Sources are the host's folders that it is made of, by number."""

STAGE = "/tmp"
JOB = STAGE + "/0"
ROOT = JOB + "/top"
DISK = STAGE + "/disk"
TOP_LEVEL = "bin sbin lib lib32 lib64 libx32 usr etc opt nix gnu".split()
# A folder that stands in the upper layer has the job's user as its owner; those of the host stay the host's.
OWNED = """etc etc/ssl etc/ssl/certs etc/apt etc/apt/apt.conf.d usr usr/bin usr/sbin usr/lib usr/share usr/share/doc
usr/share/man usr/share/man/man1 usr/include usr/src opt""".split()
OWNED_LOCAL = "bin etc games include lib libexec man sbin share src".split()
HIDDEN = """etc/shadow etc/shadow- etc/gshadow etc/gshadow- etc/ssl/private etc/ssh etc/sudoers etc/sudoers.d
etc/krb5.keytab etc/security/opasswd etc/docker etc/kubernetes etc/wireguard etc/NetworkManager""".split()
DEVICES = "null zero full random urandom tty".split()
READ_ONLY = "sys irq bus fs sysrq-trigger acpi scsi".split()
BLANK = "kcore keys timer_list kmsg sched_debug latency_stats interrupts".split()


def stage(sources):
    """In a mount namespace of its own: each source by a number, under a path that the job's user can reach."""
    Step.now = "mount namespace"
    unshare(CLONE_NEWNS)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    opened = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in sources]
    Step.now = "tmpfs"
    mount("stage", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
    folder(DISK)
    for number, (path, opened_at) in enumerate(opened):
        Step.now = "bind %s" % path
        target = "%s/%d" % (STAGE, number)
        make_like(target, stat.S_ISDIR(os.stat(opened_at).st_mode))
        mount("/proc/self/fd/%d" % opened_at, target, None, MS_BIND | MS_REC)
        os.close(opened_at)


def make_like(path, is_folder):
    """Nothing below the new root may lead out of it: an earlier script of the job has written there."""
    if os.path.realpath(path) != path:
        raise OSError(errno.ELOOP, "a link stands in the place of " + path[len(ROOT):])
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644))


def folder(path, mode=0o755):
    is_new = not os.path.lexists(path)
    make_like(path, True)
    if is_new:
        os.chmod(path, mode)
    return path


def overlay(at, lowers, layer):
    """`userxattr`, since a user may not write the marks that root's overlays use."""
    Step.now = "overlay of /" + at
    name = at.replace("/", "-")
    kept = None if layer is None else "%s/%d/%s" % (STAGE, layer, name)
    lowers = [kept] * bool(kept and os.path.isdir(kept)) + lowers
    upper, work = folder("%s/up/%s" % (JOB, name)), folder("%s/work/%s" % (JOB, name))
    data = "lowerdir=%s,upperdir=%s,workdir=%s,userxattr" % (":".join(lowers), upper, work)
    mount("overlay", folder(ROOT + "/" + at), "overlay", 0, data)


def tmpfs(at, options, flags=MS_NOSUID | MS_NODEV):
    Step.now = "tmpfs on /" + at
    mount("tmpfs", folder(ROOT + "/" + at), "tmpfs", flags, options)


def make_root(order):
    folder(ROOT)
    mount(ROOT, ROOT, None, MS_BIND)
    local = ["%s/%d" % (STAGE, number) for number in order["local"]]
    prepare_uppers()
    for name in TOP_LEVEL:
        if os.path.islink("/" + name):
            if not os.path.lexists(ROOT + "/" + name):
                os.symlink(os.readlink("/" + name), ROOT + "/" + name)
        elif os.path.isdir("/" + name):
            overlay(name, ["/" + name], order["layer"])
    overlay("usr/local", local or [folder(JOB + "/empty")], order["layer"])
    for name in ("run", "home", "mnt", "srv"):
        folder(ROOT + "/" + name)
    make_var(order["layer"])
    make_devices()
    make_proc()
    for bind in order["binds"]:
        bind_source(bind)


def prepare_uppers():
    """Once: what the job has made of them since is its own."""
    Step.now = "upper layers"
    if os.path.lexists(JOB + "/up"):
        return
    for path in OWNED:
        if os.path.isdir("/" + path) and not os.path.islink("/" + path):
            folder("%s/up/%s" % (JOB, path))
    for path in OWNED_LOCAL:
        folder("%s/up/usr-local/%s" % (JOB, path))
    for path in HIDDEN:
        target = "%s/up/%s" % (JOB, path)
        if os.path.lexists("/" + path) and os.path.isdir(os.path.dirname(target)) and not os.path.lexists(target):
            os.mknod(target, stat.S_IFCHR, os.makedev(0, 0))


def make_var(layer):
    """Of the host only its package database; the rest is empty and on the job's disk."""
    Step.now = "folders of /var"
    for path, mode in (("tmp", 0o1777), ("cache/apt/archives/partial", 0o755), ("log/apt", 0o755), ("lib", 0o755)):
        folder("%s/var/%s" % (ROOT, path), mode)
    if not os.path.lexists(ROOT + "/var/run"):
        os.symlink("/run", ROOT + "/var/run")
    for name in ("dpkg", "apt"):
        if os.path.isdir("/var/lib/" + name):
            prepare_package_database(name, layer)
            overlay("var/lib/" + name, ["/var/lib/" + name], layer)
    if os.path.isdir("/var/lib/apt"):
        tmpfs("var/lib/apt/lists", "mode=755,size=512m")
        folder(ROOT + "/var/lib/apt/lists/partial")


def prepare_package_database(name, layer):
    """Not above a layer, which has what packages were installed."""
    upper = JOB + "/up/var-lib-dpkg"
    if name != "dpkg" or layer is not None or os.path.lexists(upper):
        return
    for path in ("", "/updates", "/info", "/triggers"):
        folder(upper + path)
    for path in ("/lock", "/lock-frontend", "/triggers/Lock"):
        os.close(os.open(upper + path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o640))
    if not os.path.lexists(upper + "/status") and os.path.isfile("/var/lib/dpkg/status"):
        with open("/var/lib/dpkg/status", "rb") as source, open(upper + "/status", "wb") as target:
            target.write(source.read())


def make_devices():
    tmpfs("dev", "mode=755,size=64k", MS_NOSUID)
    for name in DEVICES:
        Step.now = "/dev/" + name
        make_like("%s/dev/%s" % (ROOT, name), False)
        mount("/dev/" + name, "%s/dev/%s" % (ROOT, name), None, MS_BIND)
    Step.now = "devpts"
    mount("devpts", folder(ROOT + "/dev/pts"), "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    tmpfs("dev/shm", "mode=1777,size=64m")
    links = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
    for name, target in {**links, "ptmx": "pts/ptmx"}.items():
        os.symlink(target, "%s/dev/%s" % (ROOT, name))


def make_proc():
    Step.now = "proc"
    proc = folder(ROOT + "/proc")
    mount("proc", proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for name in READ_ONLY:
        path = proc + "/" + name
        if os.path.exists(path):
            mount(path, path, None, MS_BIND)
            flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
            mount(None, path, None, flags)
    for name in BLANK:
        if os.path.exists(proc + "/" + name):
            mount("/dev/null", proc + "/" + name, None, MS_BIND)
    tmpfs("sys", "mode=555,size=4k", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)


def bind_source(bind):
    Step.now = "bind on " + bind["at"]
    source, target = "%s/%d" % (STAGE, bind["source"]), ROOT + bind["at"]
    make_like(target, os.path.isdir(source))
    mount(source, target, None, MS_BIND | MS_REC)
    if bind["readOnly"]:
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def enter_root():
    Step.now = "pivot_root"
    os.chdir(ROOT)
    numbers = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
    call("syscall", ctypes.c_long(numbers[os.uname().machine]), b".", b".")
    call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def write_files(files):
    """Behind `pivot_root`: no link can lead out any more. Removed first, so that nothing is written through one."""
    for path, text, mode in files:
        Step.now = "write " + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        os.chmod(path, mode)


def write_links(links):
    for path, target in links:
        if not os.path.lexists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
