import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemFiles } from '../../host/index.ts'
import { LARGE, newRelease, published, SDIST, SMALL, uploads, WHEEL, type Release } from './arrange.ts'

let release: Release
beforeEach(async () => {
  release = await newRelease()
})
afterEach(() => release.remove())

describe('a server that fails', () => {
  it('is asked again, and has each file once', async () => {
    for (const fault of ['cut', 'lost', { status: 500 }, { status: 503 }, { status: 429 }] as const) {
      const server = await release.gitlab({
        fault: ({ method }, count) =>
          (method === 'POST' || method === 'PUT') && count === 1 ? fault : undefined,
      })
      await release.publish(server, { paths: [release.at(WHEEL)] })
      expect(published(server)).toEqual([WHEEL])
      expect([...server.generic.values()].map((all) => all.length)).toEqual([1, 1, 1])
    }
  })

  it('stored the file where its answer was lost: the second try is not taken for the file of another', async () => {
    let isDown = false
    const server = await release.gitlab({
      fault: ({ method, path }) => {
        if (method === 'POST' && !isDown) {
          isDown = true
          return 'lost'
        }
        // The index does not have it yet, when it is asked what became of the upload.
        return isDown && path.includes('simple') && uploads(server).length === 1 ? { status: 404 } : undefined
      },
    })
    expect(await release.publish(server, { paths: [release.at(WHEEL)], seals: 'without seals' })).toEqual([
      `${WHEEL} uploaded`,
    ])
    expect(uploads(server)).toHaveLength(2)
  })

  it('is asked as late as it wants, within limits, and not for ever', async () => {
    const fault = ({ method }: { readonly method: string }) =>
      method === 'POST' ? { status: 503, body: 'down', headers: { 'retry-after': '7' } } : undefined
    const server = await release.gitlab({ fault })
    await expect(release.publish(server)).rejects.toMatchObject({
      code: 'packaging.upload',
      message: expect.stringContaining('in 4 attempts: 503: down'),
    })
    expect(release.slept).toEqual([7000, 7000, 7000])
  })

  it('is not waited for longer than ten seconds, whatever it wants', async () => {
    const headers = { 'retry-after': '999' }
    const server = await release.gitlab({
      fault: ({ method }, count) => (method === 'POST' && count === 1 ? { status: 429, headers } : undefined),
    })
    await release.publish(server, { seals: 'without seals' })
    expect(release.slept).toEqual([10_000])
  })

  it('is not asked again where it says that this is of no use', async () => {
    const headers = { 'x-wheelseal-retry': 'no' }
    const server = await release.gitlab({
      fault: ({ method }) => (method === 'POST' ? { status: 503, headers, body: 'frozen' } : undefined),
    })
    await expect(release.publish(server)).rejects.toMatchObject({
      code: 'packaging.upload',
      message: expect.stringContaining('answered 503'),
    })
    expect(uploads(server)).toHaveLength(1)
  })

  it('may say with 409 that it has the file: then it is asked which', async () => {
    const server = await release.gitlab({
      fault: ({ method }) => (method === 'POST' ? { status: 409 } : undefined),
    })
    await expect(release.publish(server)).rejects.toMatchObject({ code: 'packaging.taken' })
  })

  it('has the rest after the same call again', async () => {
    let isDown = true
    const server = await release.gitlab({
      fault: ({ method, path }) =>
        isDown && method === 'PUT' && path.endsWith('.crt') ? { status: 403, body: 'no' } : undefined,
    })
    await expect(release.publish(server)).rejects.toMatchObject({ code: 'packaging.upload' })
    expect(published(server)).toEqual([WHEEL, SDIST])
    isDown = false
    expect((await release.publish(server)).filter((line) => line.endsWith('was there'))).toHaveLength(4)
    expect([...server.generic.values()].map((all) => all.length)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it.each([
    [401, 'revoked'],
    [403, 'role Developer'],
    [404, '--project'],
    [413, 'larger'],
    [302, '--api'],
  ])(
    'that answers %i to an upload gets no second one, and the hint says what to do',
    async (status, hint) => {
      const server = await release.gitlab({
        fault: ({ method }) =>
          method === 'POST'
            ? {
                status,
                body: '{"message":"no\\u001b[2J"}',
                headers: { location: 'https://other.example/x?t=s' },
              }
            : undefined,
      })
      await expect(release.publish(server)).rejects.toMatchObject({
        code: 'packaging.upload',
        hint: expect.stringContaining(hint),
        message: expect.not.stringContaining('t=s'),
      })
      expect(uploads(server)).toHaveLength(1)
    },
  )

  it('that says in GitLab’s words that a file is too large gets the same hint', async () => {
    const server = await release.gitlab({
      fault: ({ method }) =>
        method === 'POST'
          ? { status: 400, body: '{"message":"400 Bad request - File is too large"}' }
          : undefined,
    })
    await expect(release.publish(server)).rejects.toMatchObject({ hint: expect.stringContaining('larger') })
  })

  it('with a wrong token is told so at the index, and the token is in no error', async () => {
    const error = await release
      .publish(await release.gitlab(), { token: 'wrong-token' })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'net.refused', hint: expect.stringContaining('job token') })
    const shown = JSON.stringify([error, String(error), (error as Error).stack])
    expect(shown).not.toContain('wrong-token')
    expect(shown).not.toContain(Buffer.from('__token__:wrong-token').toString('base64'))
  })

  it('that keeps no duplicates and has another seal says so', async () => {
    const server = await release.gitlab({ allowsDuplicates: false })
    ;(server.generic as Map<string, Uint8Array[]>).set(`my-pkg/1.0/${WHEEL}.sig`, [Buffer.from('garbage')])
    await expect(release.publish(server)).rejects.toMatchObject({
      code: 'packaging.taken',
      hint: expect.stringContaining('different seal'),
    })
  })
})

describe('reading back', () => {
  const lying = (name: string, bytes: string) => (fileName: string, real: Uint8Array) =>
    fileName === name ? Buffer.from(bytes) : real

  it.each([
    ['other bytes', WHEEL, 'x'.repeat(LARGE.length), 'sha256'],
    ['more bytes', SDIST, `${'x'.repeat(SMALL.length)} and more`, `a size other than ${SMALL.length} bytes`],
    ['fewer bytes', SDIST, 'sdi', `a size other than ${SMALL.length} bytes`],
    ['another seal', `${SDIST}.crt`, `.crt of ${WHEEL}x`, 'a size other'],
  ])('refuses %s', async (...[, name, bytes, words]) => {
    await expect(release.publish(await release.gitlab({ served: lying(name, bytes) }))).rejects.toMatchObject(
      {
        code: 'packaging.read-back',
        message: expect.stringContaining(words),
      },
    )
  })

  it('says why a registry may serve a seal that was there before', async () => {
    const served = lying(`${WHEEL}.sigstore.json`, 'an older seal that verifies')
    await expect(release.publish(await release.gitlab({ served }))).rejects.toMatchObject({
      code: 'packaging.read-back',
      hint: expect.stringContaining('does not replace one that it can'),
    })
  })

  it('refuses a file that is not listed', async () => {
    const server = await release.gitlab({
      fault: ({ path }, count) =>
        path.includes('simple') && count > 1 ? { status: 404, body: '{}' } : undefined,
    })
    await expect(release.publish(server)).rejects.toMatchObject({
      code: 'packaging.read-back',
      message: expect.stringContaining('does not list'),
    })
  })

  it('waits for an index that is written a moment later', async () => {
    const server = await release.gitlab({
      fault: ({ path }, count) =>
        path.includes('simple') && count === 2 ? { status: 404, body: '{}' } : undefined,
    })
    expect(await release.publish(server)).toHaveLength(8)
  })
})

describe('a file that is read in parts', () => {
  it('is sent as it is, though the memory of a part is used again', async () => {
    const memory = Buffer.alloc(70_000)
    const files: typeof systemFiles = {
      ...systemFiles,
      stream: async function* stream(path) {
        const bytes = path.endsWith(WHEEL) ? LARGE : SMALL
        for (let at = 0; at < bytes.length; at += memory.length) {
          const part = bytes.subarray(at, at + memory.length)
          memory.fill(0)
          memory.set(part)
          yield memory.subarray(0, part.length)
        }
        memory.fill(0)
      },
    }
    const server = await release.gitlab()
    await release.publish(server, { files, seals: 'without seals' })
    expect(published(server)).toEqual([WHEEL, SDIST])
  })
})

describe('a file that changes while it is published', () => {
  it('is not sent whole, so that no server stores it', async () => {
    let reads = 0
    const files: typeof systemFiles = {
      ...systemFiles,
      stream: async function* stream(path) {
        reads += path === release.at(SDIST) ? 1 : 0
        yield* reads === 2 && path === release.at(SDIST)
          ? [Buffer.alloc(SMALL.length, 'x')]
          : systemFiles.stream(path)
      },
    }
    const server = await release.gitlab()
    await expect(release.publish(server, { files, paths: [release.at(SDIST)] })).rejects.toMatchObject({
      code: 'packaging.file',
      message: expect.stringContaining('changed while'),
    })
    expect(published(server)).toEqual([])
  })
})
