import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCosign, systemCosignIo } from '../../src/cli/cosign/index.ts'
import { cosign2, cosign3, present } from '../support/judges.ts'
import { runProgram } from '../support/program.ts'
import { openMaterial, type Material } from './cosign-face-material.ts'

/** Only those that ours accepts are shown to cosign. */
const MUTATIONS_EACH = 40
const SEED = 20_260_101
const LONG_MS = 120_000

/** A file that is spoilt, and the flags that name it as `{}`; nobody is asked for anything. */
const kinds = {
  bundle: ['file.bundle', '--bundle {}'],
  'signature beside a bundle': ['file.sig', '--bundle file.bundle --signature {}'],
  'certificate beside a bundle': ['file.crt', '--bundle file.bundle --certificate {}'],
  'certificate in PEM': ['crt.pem', '--bundle file.bundle --certificate {}'],
  timestamp: [
    'file.tsr',
    '--bundle file.bundle --rfc3161-timestamp {} --timestamp-certificate-chain tsa.pem',
  ],
  'timestamp chain': [
    'tsa.pem',
    '--bundle file.bundle --rfc3161-timestamp file.tsr --timestamp-certificate-chain {}',
  ],
  'certificate chain': ['fulcio.pem', '--bundle file.bundle --certificate-chain {}'],
} as const
type Kind = keyof typeof kinds

const INSERTS = [' ', '\t', '\n', '\r\n', '\0', '=', 'A', '-', '\u{feff}', '/', '_', '"', ',', '{}', '# x\n']
const NUMBER_ENDINGS = ['.0', 'e0', '0', '"', ' ']

let material: Material

describe.runIf(present(cosign2, cosign3))(
  'what cosign 2.2.3 refuses of spoilt files',
  { concurrent: true },
  () => {
    beforeAll(async () => {
      material = await openMaterial()
      return material.stop
    })

    it.each(Object.keys(kinds) as Kind[])('our face refuses too: %s', { timeout: LONG_MS }, async (kind) => {
      const [file, flags] = kinds[kind]
      const text = await readFile(join(material.path, file), 'latin1')
      const random = randomFrom(SEED + kind.length)
      let accepted = 0
      for (let index = 0; index < MUTATIONS_EACH; index += 1) {
        const spoilt = join(material.path, `${kind.replaceAll(' ', '-')}.${index}`)
        const mutated = mutate(text, random)
        await writeFile(spoilt, mutated)
        if (!(await isVerified(flags.replace('{}', spoilt)))) continue
        accepted += 1
        const { code, stderr } = await judge(flags.replace('{}', spoilt))
        expect(code, `${stderr}\n${JSON.stringify(mutated)}`).toBe(0)
      }
      // Else the mutations show nothing but that rubbish is refused.
      expect(accepted).toBeGreaterThan(0)
    })

    function argvOf(flags: string): readonly string[] {
      const who = ['--certificate-identity', material.identity, '--certificate-oidc-issuer', material.url]
      const files = flags.replaceAll(/(?<= )(?=(?:file\.|tsa\.))/g, `${material.path}/`)
      return ['verify-blob', ...files.split(' '), ...who, join(material.path, 'file')]
    }

    async function isVerified(flags: string): Promise<boolean> {
      const io = { ...systemCosignIo(), env: trust(), stdout: () => undefined, stderr: () => undefined }
      return (await runCosign(argvOf(flags), io)) === 0
    }

    function judge(flags: string): ReturnType<typeof runProgram> {
      return runProgram([cosign2, ...argvOf(flags)], { env: { ...trust(), HOME: material.path } })
    }

    function trust(): Record<string, string> {
      return {
        SIGSTORE_ROOT_FILE: join(material.path, 'fulcio.pem'),
        SIGSTORE_REKOR_PUBLIC_KEY: join(material.path, 'rekor.pub'),
        SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(material.path, 'ctfe.pub'),
      }
    }
  },
)

type Random = (below: number) => number

function randomFrom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

/** One small change, at the ends more often than chance would have it. */
function mutate(text: string, random: Random): string {
  const at = [0, text.length, random(text.length), random(text.length)][random(4)] ?? 0
  const [before, after] = [text.slice(0, at), text.slice(at)]
  const insert = INSERTS[random(INSERTS.length)] ?? ''
  const changes = [
    () => `${before}${insert}${after}`,
    () => before + after.slice(1 + random(3)),
    () => before + swapCase(after.slice(0, 1)) + after.slice(1),
    () => `${text}\n${text}`,
    () => text.replace(/(?<="(?:integratedTime|logIndex)":\d+)(?!\d)/, NUMBER_ENDINGS[random(5)] ?? ''),
    () =>
      text.replace(/"(\w+)":/, (_all, name: string) => `"${swapCase(name.slice(0, 1))}${name.slice(1)}":`),
    () => text.replaceAll(/(?<=[^\n]{76})(?=[^\n])/g, insert),
  ]
  return changes[random(changes.length)]?.() ?? text
}

function swapCase(text: string): string {
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase()
}
