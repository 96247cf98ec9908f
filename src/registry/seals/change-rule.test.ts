import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredFile } from '../index.ts'
import type { SealContext } from './parts.ts'
import { CONTENT, listedFiles, makeSeal, openBench, PROJECT, publish, WHEEL, type Bench } from './arrange.ts'

const IDENTITY = { kind: 'project-identity' } as const
const SDIST = 'demo-1.0.tar.gz'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const policy = (ref: string) => ({
  kind: 'policy' as const,
  policy: `version = 1
[[rules]]
names = ["demo"]
[[rules.any_of]]
issuer = "https://gitlab.example"
project = "acme/app"
refs = ["${ref}"]
`,
})

async function setRule(rule: Parameters<Bench['seals']['setRule']>[1], on = bench): Promise<void> {
  await on.seals.setRule(PROJECT, rule)
  await on.seals.idle()
}

const seal = (fileName: string, ref = 'refs/heads/main', content = CONTENT) =>
  bench.put(`${fileName}.sigstore.json`, makeSeal({ ref, content, of: fileName }).bundle)

/** A store of files that stops answering at its write `stopsAt`, as a crash would; `after` sees each one before it. */
function crashing(
  files: SealContext['files'],
  { stopsAt, after }: { readonly stopsAt: number; readonly after: () => Promise<void> },
): SealContext['files'] {
  let count = 0
  return {
    ...files,
    changeFile: async (id, change, at) => {
      count += 1
      if (count >= stopsAt) throw new Error('crash')
      const changed = await files.changeFile(id, change, at)
      await after()
      return changed
    },
  }
}

describe('a change of rule', () => {
  it('lists at no moment what the rule in force refuses, wherever it is cut, and goes on after a crash', async () => {
    const names = Array.from({ length: 6 }, (_, at) => `demo-1.0-${at + 1}-py3-none-any.whl`)
    for (const fileName of names) await publish(bench, { fileName })
    for (const fileName of names.slice(0, 3)) await seal(fileName, 'refs/tags/v1')
    for (const fileName of names.slice(2, 5)) await seal(fileName, 'refs/heads/main')
    const allowed = { tags: names.slice(0, 3), main: names.slice(2, 5) }
    let now = bench.reopen()
    for (let cut = 1; cut < 12; cut += 1) {
      const [rule, good] =
        cut % 2 === 1
          ? ([policy('refs/tags/*'), allowed.tags] as const)
          : ([policy('refs/heads/main'), allowed.main] as const)
      const seen: Promise<void>[] = []
      const after = async () => void seen.push(expectAllowed(bench, allowed))
      const files = crashing(bench.context.files, { stopsAt: Math.ceil(cut / 2), after })
      await setRule(rule, bench.reopen({ files }))
      await Promise.all([...seen, expectAllowed(bench, allowed)])
      expect(seen).toHaveLength(Math.min(Math.ceil(cut / 2) - 1, 4))
      now = bench.reopen()
      now.seals.start()
      await expect.poll(async () => (await now.seals.rule(PROJECT)).phase).toBe('in force')
      expect(await listedFiles(now)).toEqual(good)
      await now.seals.stop()
    }
  })

  /** A process that ends at its first write to a listed file: the next rule is written down, the old one in force. */
  async function stopWhileNarrowing(rule: Parameters<typeof setRule>[0]): Promise<void> {
    const after = async () => undefined
    const files = crashing(bench.context.files, { stopsAt: 1, after })
    await setRule(rule, bench.reopen({ files }))
    expect(await bench.seals.rule(PROJECT)).toMatchObject({ phase: 'narrowing' })
  }

  it('lists nothing new before it is in force, though the old rule would', async () => {
    await setRule(policy('refs/tags/*'))
    for (const fileName of [WHEEL, SDIST]) await publish(bench, { fileName })
    await seal(SDIST, 'refs/tags/v1')
    await stopWhileNarrowing(policy('refs/heads/main'))
    await seal(WHEEL, 'refs/tags/v1')
    expect(await listedFiles(bench)).toEqual([SDIST])
  })

  it('that failed goes on when the failure has passed, without a start', async () => {
    await publish(bench)
    const { files, clock } = bench.context
    const woken = Promise.withResolvers<void>()
    const sleeps = [() => woken.promise]
    let isBroken = true
    const changeFile: typeof files.changeFile = (...asked) =>
      isBroken ? Promise.reject(new Error('no space')) : files.changeFile(...asked)
    const sleep: typeof clock.sleep = (...asked) => sleeps.pop()?.() ?? clock.sleep(...asked)
    const now = bench.reopen({ files: { ...files, changeFile }, clock: { ...clock, sleep } })
    now.seals.start()
    await setRule(IDENTITY, now)
    expect([await now.seals.rule(PROJECT), await listedFiles(now)]).toMatchObject([
      { phase: 'narrowing' },
      [WHEEL],
    ])
    isBroken = false
    woken.resolve()
    await expect.poll(async () => (await now.seals.rule(PROJECT)).phase).toBe('in force')
    expect(await listedFiles(now)).toEqual([])
    await now.close()
  })

  it('adds what is published meanwhile unlisted, though no rule is in force yet', async () => {
    await publish(bench, { fileName: SDIST })
    await stopWhileNarrowing(IDENTITY)
    expect(await publish(bench)).toMatchObject({ isListed: false })
  })

  it('is not undone by a verdict that saw the file before it was unlisted', async () => {
    const { id } = await publish(bench)
    await stopWhileNarrowing(policy('refs/tags/*'))
    const { blobs } = bench.context
    const unlisting: SealContext['blobs'] = {
      ...blobs,
      stage: async (bytes, maxBytes) => {
        await bench.context.files.changeFile(id, { isListed: false }, { atMs: 5 })
        return blobs.stage(bytes, maxBytes)
      },
    }
    const { file } = await bench.put(`${WHEEL}.publish.attestation`, makeSeal().attestation)
    await bench.context.files.changeFile(id, { provenance: null }, { atMs: 5 })
    await bench.context.store.keepSealed({
      ...(await bench.context.store.findSealed({ projectId: PROJECT.id, fileName: WHEEL }))!,
      attestationId: null,
    })
    const place = { name: 'demo', version: '1.0', fileName: `${WHEEL}.publish.attestation` }
    await bench.reopen({ blobs: unlisting }).seals.put(PROJECT, place, { file, putBy: 7 })
    expect(await listedFiles(bench)).toEqual([])
  })

  it('makes a verdict anew that was under way: it lists nothing by the old rule', async () => {
    await setRule(IDENTITY)
    const { sig, crt, entry } = makeSeal()
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, sig)
    const seen: unknown[] = []
    const [root] = bench.context.roots
    const find = async () => {
      if (seen.length === 0) {
        seen.push('asked')
        await bench.seals.setRule(PROJECT, policy('refs/tags/*'))
        await expect.poll(async () => (await bench.seals.rule(PROJECT)).phase).not.toBe('narrowing')
      }
      return { entries: [entry] }
    }
    const { files } = bench.context
    const watched: SealContext['files'] = {
      ...files,
      changeFile: async (id, change, at) => {
        if (change.isListed === true) seen.push('listed')
        return files.changeFile(id, change, at)
      },
    }
    const slow = bench.reopen({ files: watched, roots: [{ ...root!, logEntries: { find } }] })
    await slow.put(`${WHEEL}.crt`, crt)
    await bench.seals.idle()
    expect(seen).toEqual(['asked'])
    expect(await listedFiles(bench)).toEqual([])
  })

  it('of a rule while another one comes into force ends with the last', async () => {
    for (const fileName of [WHEEL, SDIST]) await publish(bench, { fileName })
    await seal(WHEEL, 'refs/heads/main')
    await seal(SDIST, 'refs/tags/v1')
    await Promise.all([
      setRule(policy('refs/tags/*')),
      setRule(undefined),
      setRule(policy('refs/heads/main')),
    ])
    await bench.seals.idle()
    expect(await bench.seals.rule(PROJECT)).toEqual({
      rule: policy('refs/heads/main'),
      next: undefined,
      phase: 'in force',
    })
    expect(await listedFiles(bench)).toEqual([WHEEL])
  })

  it('keeps what is published meanwhile off the list until it is judged', async () => {
    const uploads: Promise<StoredFile>[] = []
    for (let at = 0; at < 9; at += 1) {
      if (at === 4) await bench.seals.setRule(PROJECT, IDENTITY)
      uploads.push(publish(bench, { fileName: `demo-1.0-${at + 1}-py3-none-any.whl` }))
    }
    await Promise.all(uploads)
    await bench.seals.idle()
    expect(await listedFiles(bench)).toEqual([])
  })

  it('of trust roots is as one of the rule: what they do not verify leaves the list', async () => {
    await setRule(IDENTITY)
    await publish(bench)
    await seal(WHEEL)
    expect(await listedFiles(bench)).toEqual([WHEEL])
    const [root] = bench.context.roots
    const stranger = { ...root!, trustRoot: { ...root!.trustRoot, certificateAuthorities: [] } }
    const other = bench.reopen({ roots: [stranger], rootsSha256: 'other roots' })
    other.seals.start()
    await expect.poll(() => listedFiles(other)).toEqual([])
    await other.seals.stop()
  })

  it('and a crash between row and verdict leaves a file unlisted, until the next start judges it', async () => {
    await setRule(IDENTITY)
    await seal(WHEEL)
    const store = { ...bench.context.store, keepSealed: () => Promise.reject(new Error('crash')) }
    await expect(publish(bench.reopen({ store }))).rejects.toThrow('crash')
    expect(await listedFiles(bench)).toEqual([])
    bench.seals.start()
    await expect.poll(() => listedFiles(bench)).toEqual([WHEEL])
  })
})

/** Under the rule in force, or with none under any. */
async function expectAllowed(
  at: Bench,
  allowed: { readonly tags: readonly string[]; readonly main: readonly string[] },
): Promise<void> {
  const { rule } = await at.seals.rule(PROJECT)
  const listed = await listedFiles(at)
  if (rule?.kind !== 'policy') return
  const good = rule.policy.includes('tags') ? allowed.tags : allowed.main
  expect(listed.filter((name) => !good.includes(name))).toEqual([])
}
