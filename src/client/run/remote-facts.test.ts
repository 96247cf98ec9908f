import { expect, it } from 'vitest'
import { serverOf } from './remote-facts.ts'

it.each([
  ['https://gitlab.example/acme/tools.git', 'https://gitlab.example'],
  ['https://oauth2:token@gitlab.example:8443/acme/tools.git', 'https://gitlab.example'],
  ['https://ada:pass@word@gitlab.example/acme/tools.git', 'https://gitlab.example'],
  ['ssh://git@gitlab.example/acme/tools.git', 'https://gitlab.example'],
  ['git@gitlab.example:acme/tools.git', 'https://gitlab.example'],
  ['/srv/git/tools.git', undefined],
])('the server of %s has no part of a login', (origin, server) => {
  expect(serverOf(origin)).toBe(server)
})
