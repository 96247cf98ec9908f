import { describe, expect, it } from 'vitest'
import { placeOf } from './index.ts'

const GITLAB = 'https://gitlab.example/sub/api/v4'

describe('the place of a release', () => {
  it('is the registries of a project, below whatever path its GitLab has', () => {
    expect(placeOf({ api: `${GITLAB}/`, project: 'acme/sub/tools' })).toEqual({
      indexUrl: `${GITLAB}/projects/acme%2Fsub%2Ftools/packages/pypi/simple`,
      genericUrl: `${GITLAB}/projects/acme%2Fsub%2Ftools/packages/generic`,
      projectName: 'tools',
    })
    expect(placeOf({ api: GITLAB, project: '42' })).toEqual({
      indexUrl: `${GITLAB}/projects/42/packages/pypi/simple`,
      genericUrl: `${GITLAB}/projects/42/packages/generic`,
    })
  })

  it('is known for a GitLab by the URL of its index too', () => {
    const { indexUrl } = placeOf({ api: GITLAB, project: 'acme/tools' })
    expect(placeOf({ indexUrl: `${indexUrl}/` })).toEqual(placeOf({ api: GITLAB, project: 'acme/tools' }))
    const group = `${GITLAB}/groups/7/-/packages/pypi/simple`
    expect(placeOf({ indexUrl: group })).toEqual({ indexUrl: group })
    for (const odd of ['%2e%2e', '..', '%zz', 'a%2F%2Fb', 'a%2F..%2Fb'])
      expect(placeOf({ indexUrl: `${GITLAB}/projects/${odd}/packages/pypi/simple` })).not.toHaveProperty(
        'genericUrl',
      )
  })

  it.each([
    [{}, 'it is not said which index'],
    [{ api: GITLAB }, '--api needs --project'],
    [{ api: GITLAB, project: '../x' }, '--project must be'],
    [{ api: GITLAB, project: 'a?b' }, '--project must be'],
    [{ api: GITLAB, indexUrl: GITLAB, project: '1' }, 'cannot be used together'],
    [{ indexUrl: 'gitlab.example' }, '--index-url is not a URL'],
    [{ indexUrl: 'file:///simple' }, 'not an http or https URL'],
    [{ indexUrl: 'https://me:secret@i.example/simple' }, 'contains credentials'],
    [{ indexUrl: 'https://i.example/simple?x=1' }, 'no query'],
    [{ api: 'https://i.example/api/v4#x', project: '1' }, 'no query'],
  ])('is refused for %j', (flags, fact) => {
    expect(() => placeOf(flags)).toThrow(
      expect.objectContaining({ code: 'packaging.index', exit: 2, message: expect.stringContaining(fact) }),
    )
  })

  it('never says the password of a URL', () => {
    expect(() => placeOf({ indexUrl: 'https://me:secret@i.example/simple' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })
})
