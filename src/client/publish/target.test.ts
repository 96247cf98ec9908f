import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { basicAuthorization, idTokenIn, targetOf } from './target.ts'

const API = 'https://gitlab.example/gitlab/api/v4'
const job = { CI_API_V4_URL: API, CI_PROJECT_ID: '7', CI_JOB_TOKEN: 'glcbt-x' }

describe('where to publish, and with which token', () => {
  it('is known in a job without any flag', () => {
    expect(targetOf({}, job)).toEqual({
      api: API,
      project: '7',
      token: { kind: 'text', text: 'glcbt-x', user: 'gitlab-ci-token', from: 'CI_JOB_TOKEN' },
    })
  })

  it('may be another project of the same server', () => {
    expect(targetOf({ project: 'acme/other' }, job).project).toBe('acme/other')
    expect(targetOf({ api: `${API}/` }, job)).toMatchObject({ api: API, project: '7' })
  })

  it('is never another server with the token or the project of the job', () => {
    const other = { api: 'https://evil.example/api/v4' }
    expect(() => targetOf(other, job)).toThrow('says which project')
    expect(() => targetOf({ ...other, project: '7' }, job)).toThrow('there is no token')
    expect(targetOf({ ...other, project: '7' }, { ...job, WHEELSEAL_TOKEN: 't' }).token).toMatchObject({
      text: 't',
    })
  })

  it('takes the token of a flag before that of a variable, and that of the user before that of the job', () => {
    const env = { ...job, WHEELSEAL_TOKEN: 'own', PYPI_ID_TOKEN: 'id' }
    expect(targetOf({}, env).token).toMatchObject({ text: 'own', user: '__token__' })
    expect(targetOf({ user: 'deploy' }, env).token).toMatchObject({ user: 'deploy' })
    expect(targetOf({ tokenFile: '-' }, env).token).toEqual({ kind: 'file', path: '-', user: '__token__' })
    expect(targetOf({ trustedPublishing: 'PYPI_ID_TOKEN' }, env).token).toEqual({
      kind: 'id token',
      variable: 'PYPI_ID_TOKEN',
      env,
      reader: { kind: 'text', text: 'own', user: '__token__', from: 'WHEELSEAL_TOKEN' },
    })
    expect(targetOf({ trustedPublishing: true }, env).token).toMatchObject({ variable: undefined })
    expect(targetOf({ api: API, project: '7', trustedPublishing: true }, {}).token).toMatchObject({
      reader: undefined,
    })
  })

  it.each([
    ['no server', {}, { CI_PROJECT_ID: '7' }],
    ['an empty server', {}, { ...job, CI_API_V4_URL: '' }],
    ['what is no URL', { api: 'gitlab.example' }, job],
    ['another scheme', { api: 'ftp://x/api/v4', project: '7' }, { WHEELSEAL_TOKEN: 't' }],
    ['credentials in the URL', { api: 'https://u:p@x/api/v4', project: '7' }, { WHEELSEAL_TOKEN: 't' }],
    ['a query', { api: 'https://x/api/v4?private_token=p', project: '7' }, { WHEELSEAL_TOKEN: 't' }],
    ['the URL of the server', { api: 'https://x', project: '7' }, { WHEELSEAL_TOKEN: 't' }],
    ['no project', { api: API }, {}],
    ['two ways to log in', { tokenFile: 'f', trustedPublishing: 'V' }, job],
  ])('is refused as wrong usage with %s', (_what, flags, env) => {
    expect(() => targetOf(flags, env)).toThrow(expect.objectContaining({ code: 'packaging.target', exit: 2 }))
  })

  it('shows nothing of credentials that stand in the URL', () => {
    expect(() => targetOf({ api: 'https://u:secret@x/api/v4', project: '7' }, {})).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })
})

describe('an id token', () => {
  it('is that of its variable, which is named where it has none', () => {
    expect(idTokenIn('V', { V: 'id\n' }).reveal()).toBe('id')
    expect(() => idTokenIn('V', { V: ' ' })).toThrow('V has no id token')
  })
})

describe('the header with the token', () => {
  it('is not seen where it is printed', () => {
    const header = basicAuthorization('u', 'secret')
    expect(header.reveal()).toBe(`Basic ${Buffer.from('u:secret').toString('base64')}`)
    expect(`${String(header)} ${JSON.stringify({ header })} ${inspect(header)}`).not.toMatch(/Basic|secret"/)
  })

  it('takes no token that has a line break or nothing in it, and does not show it', () => {
    for (const token of ['', 'secret\nx', 'secret x'])
      expect(() => basicAuthorization('u', token)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') }),
      )
  })
})
