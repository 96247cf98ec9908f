import type { VerifyIo } from '../client/verify/index.ts'
import type { Http } from '../base/index.ts'
import { createCommandInput, systemClock, systemFiles, userFolders } from '../host/index.ts'

/** The process itself. */
export function systemVerifyIo(env: Readonly<Record<string, string | undefined>>): VerifyIo {
  return {
    ...createCommandInput(),
    http: httpOnDemand(env),
    clock: systemClock,
    cacheFolder: userFolders(env).cache,
  }
}

/** Most verifications ask nobody, and the network is what costs their start the most. */
function httpOnDemand(env: Readonly<Record<string, string | undefined>>): Http {
  let http: Promise<Http> | undefined
  const load = async (): Promise<Http> => {
    const { createHttp } = await import('../net/index.ts')
    return createHttp({ env, files: systemFiles })
  }
  return {
    request: async (request) => {
      http ??= load()
      return (await http).request(request)
    },
  }
}
