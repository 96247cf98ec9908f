import { basename } from 'node:path'
import type { Command, Spawn } from '../../base/index.ts'

const VERSIONS: Readonly<Record<string, string>> = {
  'cosign-2': 'GitVersion:    v2.2.3\n',
  'cosign-3': 'GitVersion:    v3.1.2\n',
  'cosign-1': 'GitVersion:    v1.13.0\n',
  'cosign-ours': 'GitVersion:    v2.2.3+wheelseal.0.1.0\n',
  sigstore: 'sigstore 4.5.1\n',
  'rekor-cli': 'GitVersion:    v1.5.4\n',
}

type Answer = (command: Command) => { readonly exitCode: number; readonly text?: string }

/** The clients: each says its version; what else it does is `answer`, which is to pass where it is left out. */
export function clientsThat(answer: Answer = () => ({ exitCode: 0 })): Spawn & { readonly calls: Command[] } {
  const calls: Command[] = []
  return {
    calls,
    run: async (command) => {
      const [program, ...args] = command.argv
      const isVersion = /^(?:--)?version$/.test(args.at(-1) ?? '')
      if (!isVersion) calls.push(command)
      const { exitCode, text = '' } = isVersion
        ? { exitCode: 0, text: VERSIONS[basename(program)] ?? '' }
        : answer(command)
      command.onOutput?.(Buffer.from(text), 'stderr')
      return { exitCode, signal: null }
    },
  }
}
