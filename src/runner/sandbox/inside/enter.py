"""The outer process is the runner's child; the job's first one is number 1 of its process table, and the script a child
of that, since a first process ignores most signals. Beside them, outside of the table, one that carries connections."""

KEPT_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 10, 18}  # chown dac_override fowner fsetid kill setgid setuid net_bind_service sys_chroot
LAST_CAPABILITY = 63
NAMESPACES = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS


def own(folders, uid):
    """As root: what the runner wrote becomes the job's. Nothing of the job runs meanwhile, and no link is followed."""
    Step.now = "hand over the work copy"
    for top in folders:
        os.lchown(top, uid, uid)
        for _, names, files, at in os.fwalk(top, follow_symlinks=False):
            for name in names + files:
                entry = os.stat(name, dir_fd=at, follow_symlinks=False)
                is_alone = stat.S_ISDIR(entry.st_mode) or entry.st_nlink == 1
                if entry.st_uid != uid and is_alone:
                    os.chown(name, uid, uid, dir_fd=at, follow_symlinks=False)


def become(uid, parent):
    Step.now = "change to user %d" % uid
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    prctl(PR_SET_DUMPABLE, 1)  # else the maps of the new user namespace belong to root
    die_with(parent)


def new_namespaces():
    uid, gid = os.getuid(), os.getgid()
    Step.now = "user namespace"
    unshare(NAMESPACES)
    write_once("/proc/self/setgroups", "deny")
    write_once("/proc/self/uid_map", "0 %d 1" % uid)
    write_once("/proc/self/gid_map", "0 %d 1" % gid)
    forbid_namespaces()
    prctl(PR_SET_DUMPABLE, 0)


def write_once(path, text):
    with open(path, "wb", buffering=0) as file:
        file.write(text.encode())


def main():
    close_inherited()
    order = json.loads(sys.stdin.buffer.read())
    parent = os.getppid()
    die_with(parent)
    be_first_to_go()
    leave_keyring()
    is_staged = order["uid"] is not None
    socket_path = order["socket"]
    if is_staged:
        own(order["owned"], order["uid"])
        for number in {0, order["keepLayerIn"] or 0}:
            os.lchown(order["sources"][number], order["uid"], order["uid"])
        stage(order["sources"])
        become(order["uid"], parent)
        socket_path = JOB + "/" + os.path.basename(socket_path)
    new_namespaces()
    Step.now = "loopback"
    bring_loopback_up()
    start_relay(order["listeners"], socket_path)
    Step.now = "process namespace"
    unshare(CLONE_NEWPID)
    alive, held = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(held)
        guarded(lambda: be_first(order, is_staged, alive))
    os.close(alive)
    os.close(1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.kill(first, signal.SIGTERM))
    return status_of(os.waitpid(first, 0)[1])


def start_relay(listeners, path):
    """Listens before the job begins; a process of its own, since one whose children have another process table may not
    have threads. It ends with the outer one."""
    sockets, outer = listen(listeners), os.getpid()
    if sockets and os.fork() == 0:
        guarded(lambda: be_relay(sockets, path, outer))
    for one in sockets:
        one.close()


def be_relay(sockets, path, outer):
    die_with(outer)
    os.close(1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # to the group: the job may need the network to end in order
    relay(sockets, path)
    while True:
        signal.pause()


def status_of(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def guarded(work):
    """Whoever starts a job reads why it did not start."""
    try:
        os._exit(work())
    except BaseException as error:
        tell(failed=Step.now, why=str(getattr(error, "strerror", None) or error))
        os._exit(MACHINERY_FAILED)


def be_first(order, is_staged, alive):
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if select.select([alive], [], [], 0)[0]:  # the outer process has ended already
        return MACHINERY_FAILED
    os.setsid()
    script = [0]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: end_group(script[0]))
    if is_staged:
        unshare(CLONE_NEWNS)
        mount("none", "/", None, MS_REC | MS_PRIVATE)
    else:
        stage(order["sources"])
    job, kept = open_unmounted(JOB), open_kept(order["keepLayerIn"])
    make_root(order)
    enter_root()
    call("sethostname", b"job", 3)
    write_files(order["files"])
    write_links(order["links"])
    Step.now = "start the script"
    script[0] = os.fork()
    if script[0] == 0:
        guarded(lambda: be_script(order))
    tell(entered=True)
    watch_disk(job, order["limits"])
    return wait_for(script[0], order["pauses"], lambda: kept is None or keep_layer(job, kept))


def open_kept(source):
    if source is None:
        return None
    return os.open("%s/%d" % (STAGE, source), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def wait_for(script, pauses, on_pause):
    """A script that pauses stops itself once, behind its before_script; a job's own SIGSTOP is none of ours."""
    while True:
        ended, status = os.waitpid(-1, os.WUNTRACED if pauses else 0)
        if ended == script and os.WIFSTOPPED(status):
            pauses = False
            on_pause()
            os.kill(script, signal.SIGCONT)
        elif ended == script:
            return status_of(status)


def end_group(leader):
    if leader == 0:
        os._exit(128 + signal.SIGTERM)
    for send in (os.kill, os.killpg):  # it leads its group a moment after it was made
        try:
            send(leader, signal.SIGTERM)
        except ProcessLookupError:
            pass


def be_script(order):
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.chdir(order["cwd"])
    os.umask(0o022)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(1, 2)
    set_limits(order["limits"])
    os.closerange(3, 4096)
    for capability in range(LAST_CAPABILITY + 1):
        if capability not in KEPT_CAPABILITIES:
            try:
                prctl(PR_CAPBSET_DROP, capability)
            except OSError:
                break  # above the last one that this kernel has
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    os.execve(order["argv"][0], order["argv"], order["env"])


if __name__ == "__main__":
    guarded(main)
