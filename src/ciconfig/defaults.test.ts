import { describe, expect, it } from 'vitest'
import { START } from './arrange.ts'
import { applyDefaults, PLAIN_JOB } from './defaults.ts'
import { plainImage } from './read/images.ts'

const job = (keywords: Parameters<typeof applyDefaults>[0][number]['keywords']) => ({
  name: 'job',
  at: START,
  keywords,
})

describe('defaults', () => {
  it('stand in for what a job has not', () => {
    const [result] = applyDefaults([job({ script: ['a'] })], {
      before_script: ['b'],
      image: plainImage({ name: 'x' }),
    })
    expect(result).toMatchObject({ script: ['a'], before_script: ['b'], image: { name: 'x' } })
  })

  it('are taken whole or not at all', () => {
    const own = { script: ['a'], before_script: [], id_tokens: { A: { aud: 'a' } } }
    const [result] = applyDefaults([job(own)], { before_script: ['b'], id_tokens: { B: { aud: 'b' } } })
    expect(result).toMatchObject(own)
  })

  it('give way to none that was refused: an undefined keyword is an absent one', () => {
    const [result] = applyDefaults([job({ script: ['a'], before_script: undefined })], {
      before_script: ['b'],
    })
    expect(result?.before_script).toEqual(['b'])
  })

  it('of GitLab are the stage test and nothing else; when and allow_failure are left to the rules', () => {
    expect(applyDefaults([job({ script: ['a'] })], {})).toEqual([
      { name: 'job', at: START, ...PLAIN_JOB, stage: 'test', script: ['a'] },
    ])
    expect(PLAIN_JOB).toMatchObject({
      when: undefined,
      allow_failure: undefined,
      image: null,
      needs: undefined,
    })
  })

  it.each<[string, boolean | readonly string[], readonly string[]]>([
    ['true takes all', true, ['b']],
    ['false takes none', false, []],
    ['a list takes those that it names', ['image'], []],
    ['a list takes those that it names', ['before_script'], ['b']],
  ])('are inherited as the job says: %s', (_, inherited, wanted) => {
    const inherit = { default: inherited, variables: true }
    const [result] = applyDefaults([job({ script: ['a'], inherit })], { before_script: ['b'] })
    expect(result?.before_script).toEqual(wanted)
  })
})
