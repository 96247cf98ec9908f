import { parseJson, printable, type HttpResponse } from '../base/index.ts'

const MAX_ERROR_BYTES = 16 << 10
const MAX_SHOWN_LENGTH = 300

/** What an error answer says: Fulcio's and Rekor's `message` with our `hint`, or the text itself, on one line and cut. */
export async function errorWords(response: HttpResponse): Promise<string> {
  const text = await response.text(MAX_ERROR_BYTES).catch(() => '')
  const words = (messageOf(text) ?? text).replaceAll(/\s+/g, ' ').trim()
  return printable(words, { maxLength: MAX_SHOWN_LENGTH }) || 'no text'
}

function messageOf(text: string): string | undefined {
  try {
    const json = parseJson(text)
    if (json === null || typeof json !== 'object' || !('message' in json)) return undefined
    if (typeof json.message !== 'string') return undefined
    return 'hint' in json && typeof json.hint === 'string' ? `${json.message}; ${json.hint}` : json.message
  } catch {
    return undefined
  }
}
