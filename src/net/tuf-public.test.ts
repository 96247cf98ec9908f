import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8Decode, type Http } from '../base/index.ts'
import { patientClock } from './arrange.ts'
import { cachedTrustedRoot, fetchTrustedRoot, loadPublicSigstore, type TufPorts } from './index.ts'

const offline: Http = { request: () => Promise.reject(new Error('no network in this test')) }
let ports: TufPorts

beforeEach(async () => {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'wheelseal-tuf-'))
  ports = { cacheFolder, http: offline, clock: { ...patientClock(), nowMs: () => Date.now() } }
})
afterEach(() => rm(ports.cacheFolder, { recursive: true }))

describe('public Sigstore', () => {
  it('is there without a network, as it was shipped', async () => {
    const seed = await loadPublicSigstore()
    const { bytes } = await cachedTrustedRoot(seed, ports)
    // The digest that the repository has signed for it (targets.json, version 14).
    expect(sha256Hex(bytes)).toBe('6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66')
    expect(Object.keys(JSON.parse(utf8Decode(bytes)) as object)).toContain('certificateAuthorities')
  })

  it('starts from a root that tuf-js takes', async () => {
    const attempt = fetchTrustedRoot(await loadPublicSigstore(), ports)
    await expect(attempt).rejects.toThrow('no network in this test')
  })

  it('is named in one file', async () => {
    const { url } = JSON.parse(await readFile(join(import.meta.dirname, 'tuf-public.json'), 'utf8')) as {
      url: string
    }
    expect(url).toMatch(/^https:\/\//)
    expect(await readFile(join(import.meta.dirname, 'tuf.ts'), 'utf8')).not.toContain(new URL(url).host)
  })
})
