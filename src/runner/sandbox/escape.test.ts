import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemEntropy } from '../../host/index.ts'
import { arrangeSandboxes, type SandboxJob, type SandboxTest } from './arrange.contract.ts'
import { isRunning, marker } from './host-traces.contract.ts'

let sandboxes: SandboxTest
/** Of the host, readable by everybody: the data of a server, say. */
let outside: string

beforeAll(() => {
  sandboxes = arrangeSandboxes()
  outside = join(sandboxes.top, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'secret'), 'of the host', { mode: 0o644 })
  chmodSync(sandboxes.top, 0o755)
})
afterAll(() => sandboxes.close())

describe('a job does not reach', () => {
  let job: SandboxJob
  beforeAll(async () => {
    job = await sandboxes.job()
  })
  /** Whether the command succeeded; all of them say why not. */
  const succeeds = async (command: string): Promise<boolean> => {
    const { output } = await job.sh(`if ${command}; then echo DONE; fi`)
    return output.includes('DONE\n')
  }

  it('files of the host, by any way to its root', async () => {
    const ways = ['', '/proc/1/root', '/proc/self/root', '/proc/self/cwd/../../../../..', '/.././..']
    for (const way of ways) expect(await succeeds(`cat '${way}${outside}/secret'`)).toBe(false)
    expect((await job.sh('cat /proc/self/mountinfo')).output).not.toContain(' /old')
  })

  it.each(['/etc/shadow', '/etc/ssh', '/etc/ssl/private', '/etc/sudoers', '/var/lib/postgresql'])(
    'what a machine keeps at %s',
    async (path) => {
      expect(await succeeds(`ls ${path}`)).toBe(false)
    },
  )

  it('homes, devices and settings of the machine', async () => {
    const { output } = await job.sh(
      'ls -A /home /mnt /srv /run /sys; ls -A /dev; ls -A /root | grep -v .config || :',
    )
    expect(output.split(/\s+/).toSorted()).toEqual(
      `: : : : : /home /mnt /srv /run /sys fd full null ptmx pts random shm stderr stdin stdout tty urandom zero`
        .replaceAll(/: |(\/\w+)/g, (_whole, path: string | undefined) =>
          path === undefined ? '' : `${path}:`,
        )
        .concat(' ')
        .split(/\s+/)
        .toSorted(),
    )
  })

  it.each([
    '/proc/sys/vm/drop_caches',
    '/proc/sys/kernel/hostname',
    '/proc/sys/net/ipv4/ip_forward',
    '/proc/sys/user/max_user_namespaces',
    '/proc/sys/kernel/core_pattern',
    '/proc/irq/default_smp_affinity',
  ])('the kernel by %s', async (path) => {
    if (!existsSync(path)) return
    expect(await succeeds(`{ echo 1 > ${path}; } 2>/dev/null`)).toBe(false)
  })

  it.each([
    'mount -t tmpfs none /mnt',
    'mount --bind / /mnt',
    'mount -o remount,rw /proc/sys',
    'umount /proc/sys',
    'mknod /tmp/disk b 8 0',
    'unshare --user true',
    'unshare --mount true',
    'unshare --net true',
    'dmesg',
    'date -s 2001-01-01',
    'hostname elsewhere',
    'cat /proc/kcore | grep -q .',
    'cat /proc/1/environ',
    'ls /proc/1/fd/',
    'head -c 1 /proc/1/mem',
    'nice -n -5 true 2>&1 | grep -v cannot',
  ])('more than it was given by: %s', async (command) => {
    expect(await succeeds(command)).toBe(false)
  })

  it('the process that started it, by ptrace', async () => {
    const trace = 'import ctypes, sys; sys.exit(0 if ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0 else 1)'
    expect(await succeeds(`/usr/bin/python3 -c '${trace}'`)).toBe(false)
  })

  it('sockets of the host: of files, abstract ones, and the one that its own connections come by', async () => {
    const name = `ws-${systemEntropy.bytes(8).toString()}`.replaceAll(',', '-')
    const servers = [createServer().listen(join(outside, 'socket')), createServer().listen(`\0${name}`)]
    await Promise.all(servers.map((server) => once(server, 'listening')))
    const { host } = job.place.folders
    const paths = [join(outside, 'socket'), `\\0${name}`, join(host.root, 'relay'), '/tmp/0/relay']
    for (const path of paths) {
      const connect = `import socket; socket.socket(socket.AF_UNIX).connect("${path}")`
      expect(await succeeds(`/usr/bin/python3 -c '${connect}' 2>/dev/null`)).toBe(false)
    }
    for (const server of servers) server.close()
    expect((await job.sh('cat /proc/net/unix')).output.trim().split('\n').slice(1)).toEqual([])
  })

  it('other jobs: their processes, their files, nor what would end them', async () => {
    const other = await sandboxes.job()
    const stopping = new AbortController()
    let started = (): void => undefined
    const isStarted = new Promise<void>((resolve) => (started = resolve))
    const seconds = marker()
    const running = other.sh(`echo mine > here; echo started; sleep ${seconds}`, {
      signal: stopping.signal,
      onText: (text) => text.includes('\nstarted\n') && started(),
    })
    await isStarted
    const { output } = await job.sh('cat /proc/[0-9]*/cmdline | tr "\\0" " "; ls -A . ..; kill -9 -1')
    expect(output).not.toContain(seconds)
    expect(output).not.toContain('here')
    expect(isRunning(seconds)).toBe(true)
    stopping.abort()
    await running
  })
})

describe('a job leaves', () => {
  it('no process, however it was started', async () => {
    const job = await sandboxes.job()
    const seconds = marker()
    const deep = `setsid nohup bash -c 'trap "" TERM HUP; (setsid sleep ${seconds} &) ; sleep ${seconds}' >/dev/null 2>&1 &`
    await job.sh(`${deep}\nsleep 0.2; grep -l ${seconds} /proc/[0-9]*/cmdline`)
    expect(isRunning(seconds)).toBe(false)
  })

  it('nothing on the host by links, neither when its files are handed over nor when they are removed', async () => {
    const job = await sandboxes.job()
    const script = `ln -s ${outside} link; ln -s ${outside}/secret "$HOME/file"; ln -s ${outside} /tmp/link
      mkdir deep; cd deep; for n in $(seq 400); do mkdir a; cd a; done; mkdir locked; chmod 0 locked`
    expect((await job.sh(script)).exitCode).toBe(0)
    expect((await job.sh('ls "$HOME/file" 2>&1 || true')).exitCode).toBe(0)
    await job.place.close()
    expect(existsSync(job.place.folders.host.root)).toBe(false)
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('of the host')
  })

  it('no link in the place of a folder that the runner knows', async () => {
    const job = await sandboxes.job()
    const { project, projectTemporary, home, temporary } = job.place.folders.job
    for (const folder of [project, projectTemporary, home, temporary, '/builds/group', '/usr/local'])
      await job.sh(
        `cd /; rm -rf ${folder} 2>/dev/null; mv ${folder} ${folder}.old; ln -s ${outside} ${folder}; true`,
      )
    const { host } = job.place.folders
    for (const folder of [host.project, host.projectTemporary, host.home, host.temporary])
      expect(readdirSync(folder)).not.toContain('secret')
    expect((await job.sh('echo still')).output).toBe('still\n')
  })

  it('no sandbox for its next script, where it put a link in the place of a mount', async () => {
    const job = await sandboxes.job()
    await job.sh(`mv /var/lib /var/old; ln -s ${outside} /var/lib`)
    await expect(job.sh('true')).rejects.toThrow('a link stands in the place of /var/lib')
  })

  it('no folder so deep that it could not be removed', async () => {
    const job = await sandboxes.job()
    const dig = 'import os\nfor n in range(3000): os.mkdir("a" * 20); os.chdir("a" * 20)'
    await job.sh(`cd /tmp; printf '${dig}' | /usr/bin/python3`)
    await job.place.close()
    expect(existsSync(job.place.folders.host.root)).toBe(false)
  })

  it('nothing behind after a hundred of one line', async () => {
    const before = traces()
    for (let count = 0; count < 100; count += 1) {
      const job = await sandboxes.job()
      expect((await job.sh('true')).exitCode).toBe(0)
      await job.place.close()
    }
    expect(traces()).toEqual(before)
  }, 120_000)
})

describe('a job takes', () => {
  it('no more processes than it may', async () => {
    const job = await sandboxes.job({ limits: { processes: 40 } })
    const { output } = await job.sh('for n in $(seq 100); do sleep 5 & done 2>&1; echo never')
    expect(output).toMatch(/fork: (retry: )?Resource temporarily unavailable/)
  })

  it('no larger file than it may', async () => {
    const job = await sandboxes.job({ limits: { fileBytes: 1 << 20 } })
    expect((await job.sh('head -c 2000000 /dev/zero > large')).exitCode).not.toBe(0)
  })

  it('no more of the disk than it may, and reads why it was ended', async () => {
    const job = await sandboxes.job({ limits: { diskBytes: 150 << 20 } })
    const fill = 'n=0; while :; do n=$((n+1)); head -c 20000000 /dev/zero > "$HOME/$n"; sleep 0.1; done'
    const { exitCode, output } = await job.sh(fill)
    expect(exitCode).toBe(137)
    expect(output).toMatch(
      /wheelseal: the job was ended: its files take \d+ MiB, and the disk has \d+ MiB left\n/,
    )
  })

  it('no more of the disk than it may by files that it holds open without a name', async () => {
    const job = await sandboxes.job({ limits: { diskBytes: 150 << 20 } })
    const fill = 'exec 3> "$HOME/hidden"; rm "$HOME/hidden"; head -c 400000000 /dev/zero >&3; sleep 20'
    const { exitCode, output } = await job.sh(fill)
    expect([exitCode, output]).toEqual([137, expect.stringContaining('the job was ended')])
  })

  it('no more than the disk has, by files that nobody can count', async () => {
    const job = await sandboxes.job({ limits: { reserveBytes: Number.MAX_SAFE_INTEGER } })
    const lines = [
      'import mmap, os, time',
      'file = open("x", "w+b"); os.unlink("x"); os.posix_fallocate(file.fileno(), 0, 300 << 20)',
      'held = mmap.mmap(file.fileno(), 0); os.closerange(3, 4096); time.sleep(12)',
    ]
    const hide = lines.join('\n')
    const { exitCode, output } = await job.sh(`/usr/bin/python3 -c '${hide}'`)
    expect([exitCode, output]).toEqual([137, expect.stringContaining('the job was ended')])
  })

  it('no more than the disk has, whoever else has filled it', async () => {
    const job = await sandboxes.job({ limits: { reserveBytes: Number.MAX_SAFE_INTEGER } })
    const { exitCode, output } = await job.sh('head -c 100000000 /dev/zero > large; sleep 20')
    expect([exitCode, output]).toEqual([137, expect.stringContaining('the job was ended')])
  })

  it('no memory of a process beyond its share', async () => {
    const job = await sandboxes.job({ limits: { dataBytes: 200 << 20 } })
    const { output } = await job.sh('/usr/bin/python3 -c "bytearray(400 << 20)" 2>&1 || true')
    expect(output).toContain('MemoryError')
  })
})

/** What a job could leave on this machine: mounts, descriptors of this process, its children, files. */
function traces() {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length
  const descriptors = readdirSync('/proc/self/fd').filter((fd) => isSocketOrFile(fd)).length
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  const files = readdirSync(join(sandboxes.top, 'work')).toSorted()
  return { mounts, descriptors, children: children.trim().split('\n').length, files }
}

function isSocketOrFile(fd: string): boolean {
  try {
    return /^(socket|pipe):|work/.test(readlinkSync(`/proc/self/fd/${fd}`))
  } catch {
    return false
  }
}
