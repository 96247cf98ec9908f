import { fstatSync } from 'node:fs'
import { maskTokens, printableJson, type Log, type LogLevel } from '../base/index.ts'
import { fileText, LineWriter, type WriteText } from './line-writer.ts'

const STANDARD_ERROR = 2

export interface JsonLog extends Log {
  /** When the lines so far are written, or cannot be; at the latest after `maxMs`. */
  flushed(maxMs: number): Promise<void>
}

/**
 * One JSON object a line on standard error, or where `writeText` leads. Where lines cannot be written, none waits: they
 * are dropped, and `log.dropped` says how many once there is room.
 */
export async function jsonLog(
  writeText: WriteText = standardError(),
  level: LogLevel = 'info',
): Promise<JsonLog> {
  // Not at the top: one command of all logs.
  const { default: pino } = await import('pino')
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const writer = new LineWriter(writeText, (lines) => {
    let notice = ''
    pino({ ...options, level: 'warn' }, { write: (line) => (notice = line) }).warn({
      event: 'log.dropped',
      lines,
    })
    return notice
  })
  // Names and paths of strangers stand in events: people read them on a terminal, and one may be a token.
  const logger = pino(options, { write: (line) => writer.write(maskTokens(printableJson(line))) })
  return {
    event: (event, fields, severity = 'info') => logger[severity]({ event, ...fields }),
    failure: (event, error, fields) => logger.error({ event, ...fields, err: error }),
    flushed: (maxMs) => writer.flushed(maxMs),
  }
}

/** A thread that waits for a pipe would keep the process from ending; Node's stream of a pipe or socket does not wait. */
function standardError(): WriteText {
  const stat = fstatSync(STANDARD_ERROR)
  if (!stat.isFIFO() && !stat.isSocket()) return fileText(STANDARD_ERROR)
  return (text, done) => void process.stderr.write(text, done)
}

export const silentLog: Log = { event: () => undefined, failure: () => undefined }
