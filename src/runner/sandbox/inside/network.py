"""The job's loopback: listeners in its network namespace, whose connections are carried to the runner's Unix socket.
This runs in the process outside of the job's process table, which the job can neither see nor signal."""

MAX_CONNECTIONS = 256
CHUNK_BYTES = 256 << 10
MAX_DATAGRAM_BYTES = 65535
DATAGRAM_PATIENCE_SECONDS = 30


def bring_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1 | 64))


def listen(listeners):
    made = []
    for listener in listeners:
        Step.now = "listen on %s port %d" % (listener["host"], listener["port"])
        kind = socket.SOCK_STREAM if listener["kind"] == "tcp" else socket.SOCK_DGRAM
        family = socket.AF_INET6 if ":" in listener["host"] else socket.AF_INET
        made.append(socket.socket(family, kind))
        made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made[-1].bind((listener["host"], listener["port"]))
        if kind == socket.SOCK_STREAM:
            made[-1].listen(128)
    return made


def relay(sockets, path):
    """One thread for each listener; connections above the cap wait in the kernel's queue."""
    places = threading.BoundedSemaphore(MAX_CONNECTIONS)
    for number, one in enumerate(sockets):
        serve = accept_all if one.type == socket.SOCK_STREAM else answer_all
        threading.Thread(target=serve, args=(one, number, path, places), daemon=True).start()


def to_runner(number, path):
    """Its first byte says for which listener it is."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
        connection.sendall(bytes([number]))
        return connection
    except OSError:
        connection.close()
        raise


def accept_all(listener, number, path, places):
    while True:
        places.acquire()
        try:
            client, _ = listener.accept()
            threading.Thread(target=carry, args=(client, number, path, places), daemon=True).start()
        except (OSError, RuntimeError):
            places.release()
            time.sleep(0.05)


def carry(client, number, path, places):
    try:
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with to_runner(number, path) as runner:
                back = threading.Thread(target=copy, args=(runner, client), daemon=True)
                back.start()
                copy(client, runner)
                back.join()
    except (OSError, RuntimeError):
        pass
    finally:
        places.release()


def copy(source, target):
    """To the end of one direction; an error ends both."""
    buffer = memoryview(bytearray(CHUNK_BYTES))
    try:
        while True:
            length = source.recv_into(buffer)
            if length == 0:
                return target.shutdown(socket.SHUT_WR)
            target.sendall(buffer[:length])
    except OSError:
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def answer_all(server, number, path, places):
    while True:
        places.acquire()
        try:
            message, asker = server.recvfrom(MAX_DATAGRAM_BYTES)
            arguments = (server, (message, asker), number, path, places)
            threading.Thread(target=answer, args=arguments, daemon=True).start()
        except (OSError, RuntimeError):
            places.release()
            time.sleep(0.05)


def answer(server, asked, number, path, places):
    """A datagram each way, as all that is sent before the end of its direction."""
    message, asker = asked
    try:
        with to_runner(number, path) as runner:
            runner.settimeout(DATAGRAM_PATIENCE_SECONDS)
            runner.sendall(message)
            runner.shutdown(socket.SHUT_WR)
            reply = b""
            while len(reply) <= MAX_DATAGRAM_BYTES:
                part = runner.recv(MAX_DATAGRAM_BYTES)
                if part == b"":
                    break
                reply += part
        if 0 < len(reply) <= MAX_DATAGRAM_BYTES:
            server.sendto(reply, asker)
    except OSError:
        pass
    finally:
        places.release()
