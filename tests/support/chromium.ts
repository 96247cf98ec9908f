import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { startProgram } from './program.ts'

/** Debian's, or what WHEELSEAL_CHROMIUM names; a path that is not there where there is none. */
export const chromium = process.env['WHEELSEAL_CHROMIUM'] ?? onPath('chromium') ?? '/usr/bin/chromium'

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => isProgram(path))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface Browser {
  /** Loads a page in a window of that width, in CSS pixels, and waits until it is there. */
  open(url: string, width: number): Promise<void>
  /** The colours that its user likes, from the next page on. */
  prefer(scheme: 'light' | 'dark'): Promise<void>
  /** Presses a key, such as `Tab`. */
  press(key: string): Promise<void>
  /** What an expression is in the page. The page itself runs no script. */
  evaluate(expression: string): Promise<unknown>
  /** Does something in the page that loads another one, and waits for that. */
  follow(expression: string): Promise<void>
  /** PNG of the whole page. */
  screenshot(): Promise<Buffer>
  /** Roles and names that a screen reader gets, in order. */
  outline(): Promise<readonly string[]>
  close(): Promise<void>
}

/** A headless Chromium with a profile of its own, over its debugging protocol. */
export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'wheelseal-chromium-'))
  // Its sandbox needs rights that a container does not give; what it loads is ours.
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
  ]
  const child = startProgram(
    [chromium, ...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { env: { HOME: profile } },
  )
  const port = await debuggingPort(child.stderr)
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[]
  const target = targets.find(({ type }) => type === 'page')
  const page = await connectTo(target?.webSocketDebuggerUrl ?? '')
  await page.send('Page.enable')
  return {
    ...actions(page),
    close: async () => {
      page.close()
      child.kill('SIGTERM')
      await once(child, 'close')
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Target {
  readonly type: string
  readonly webSocketDebuggerUrl: string
}

async function debuggingPort(stderr: NodeJS.ReadableStream): Promise<string> {
  const said: string[] = []
  for await (const line of createInterface(stderr)) {
    said.push(line)
    const port = /^DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1]
    if (port !== undefined) return port
  }
  throw new Error(`chromium did not start: ${said.join('\n')}`)
}

type Answer = Readonly<Record<string, unknown>>

interface Page {
  send(method: string, params?: object): Promise<Answer>
  /** Resolves at the next event of that name. */
  next(event: string): Promise<void>
  close(): void
}

async function connectTo(url: string): Promise<Page> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  let lastId = 0
  const asked = new Map<number, PromiseWithResolvers<Answer>>()
  const events = new EventTarget()
  socket.addEventListener('message', ({ data }) => {
    const { id, method, result, error } = JSON.parse(String(data)) as {
      readonly id?: number
      readonly method?: string
      readonly result?: Answer
      readonly error?: { readonly message: string }
    }
    if (id === undefined) events.dispatchEvent(new Event(method ?? ''))
    else if (error === undefined) asked.get(id)?.resolve(result ?? {})
    else asked.get(id)?.reject(new Error(error.message))
  })
  return {
    send: (method, params = {}) => {
      const answer = Promise.withResolvers<Answer>()
      lastId += 1
      asked.set(lastId, answer)
      socket.send(JSON.stringify({ id: lastId, method, params }))
      return answer.promise
    },
    next: async (event) => {
      await once(events, event)
    },
    close: () => socket.close(),
  }
}

function actions(page: Page): Omit<Browser, 'close'> {
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = await page.send('Runtime.evaluate', { expression, returnByValue: true })
    return (answer['result'] as { readonly value?: unknown }).value
  }
  return {
    evaluate,
    open: async (url, width) => {
      const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: width < 700 }
      await page.send('Emulation.setDeviceMetricsOverride', metrics)
      const loaded = page.next('Page.loadEventFired')
      await page.send('Page.navigate', { url })
      await loaded
    },
    prefer: async (scheme) => {
      const features = [{ name: 'prefers-color-scheme', value: scheme }]
      await page.send('Emulation.setEmulatedMedia', { features })
    },
    press: async (key) => {
      for (const type of ['keyDown', 'keyUp']) await page.send('Input.dispatchKeyEvent', { type, key })
    },
    follow: async (expression) => {
      const loaded = page.next('Page.loadEventFired')
      await evaluate(expression)
      await loaded
    },
    screenshot: async () => {
      const answer = await page.send('Page.captureScreenshot', { captureBeyondViewport: true })
      return Buffer.from(String(answer['data']), 'base64')
    },
    outline: async () => {
      const { nodes } = (await page.send('Accessibility.getFullAXTree')) as unknown as { nodes: AxNode[] }
      return nodes
        .filter(({ ignored }) => !ignored)
        .map(({ role, name }) => `${role?.value ?? ''} ${name?.value ?? ''}`.trim())
    },
  }
}

interface AxNode {
  readonly ignored: boolean
  readonly role?: { readonly value: string }
  readonly name?: { readonly value: string }
}
