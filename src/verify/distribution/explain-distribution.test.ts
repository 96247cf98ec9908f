import { describe, expect, it } from 'vitest'
import { artifact, entry, leaf, policy, signature, signDigestOf, trustRoot } from '../arrange.ts'
import { verifyErrors } from '../errors.ts'
import {
  explainDistribution,
  explainRefusal,
  verifyDistribution,
  type Explained,
  type LogAnswer,
  type SealFile,
} from '../index.ts'

const whole = { signature, certificate: leaf.der, entries: [entry] }
const forged = { ...whole, signature: signDigestOf('another wheel') }
const bundle = (path: string, seal: SealFile['seals'][number]): SealFile => ({
  paths: [path],
  kind: 'bundle',
  seals: [seal],
  layout: 'one object',
})
const said = async (
  sealFiles: readonly SealFile[],
  answer: LogAnswer = { entries: [] },
): Promise<Explained> => {
  const askLog = (): Promise<LogAnswer> => Promise.resolve(answer)
  const request = { artifact, expected: { policy }, trustRoot, sealFiles, askLog }
  return explainDistribution('x.whl', await verifyDistribution(request))
}

describe('what is said of a distribution', () => {
  it('is who signed it, with no code and no hint', async () => {
    const explained = await said([bundle('a', whole)])
    expect(explained).toMatchObject({ verified: true, reason: '' })
    expect(explained.message).toMatch(/^x\.whl was signed by /)
    expect(explained).not.toHaveProperty('hint')
  })

  it('is why it is refused, and with several seals by which', async () => {
    expect(await said([bundle('a', forged)])).toMatchObject({
      verified: false,
      reason: 'verify.signature',
      message: expect.stringMatching(/^x\.whl is refused: /),
      hint: expect.stringContaining('do not use the file'),
    })
    expect((await said([bundle('a', whole), bundle('b', forged)])).message).toMatch(
      /^x\.whl with b is refused: /,
    )
  })

  it('is what the log said where there is no log entry for that reason', async () => {
    const pair: SealFile = { ...bundle('x.sig', { ...whole, entries: [] }), kind: 'pair' }
    const refusal = verifyErrors('verify.trust-root', 'made up')
    expect(await said([pair], { entries: [], refusal })).toMatchObject({
      verified: false,
      reason: 'verify.trust-root',
      message: 'x.whl is refused: made up [verify.trust-root]',
    })
    expect(await said([pair])).toMatchObject({ reason: 'verify.logged' })
  })

  it('cannot move the cursor, whatever the file is called, and then too names it once', async () => {
    const name = 'x\u001b[2J\u202e.whl'
    const error = verifyErrors('verify.no-seal', `${name}: no such file`)
    const { message } = explainRefusal(name, error)
    expect(message).toMatch(/^x[ -~]*\.whl is refused: no such file \[verify\.no-seal\]$/)
  })

  it('names the file once', () => {
    const error = verifyErrors('verify.no-seal', 'x.whl: no such file')
    expect(explainRefusal('x.whl', error).message).toBe('x.whl is refused: no such file [verify.no-seal]')
  })
})
