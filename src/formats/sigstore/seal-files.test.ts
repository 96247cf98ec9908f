import { expect, it } from 'vitest'
import { readCertificateFile, readSignatureFile } from './index.ts'

const TEXT = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const ORDERS: Readonly<Record<string, (text: string) => Buffer>> = {
  little: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  big: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
}

it.each(Object.entries(ORDERS))('UTF-16 (%s endian) is refused in words that name it', (_order, utf16) => {
  const words = /UTF-16.*PowerShell.*write it as UTF-8/
  expect(() => readSignatureFile(utf16('c2ln'))).toThrow(words)
  expect(() => readCertificateFile(utf16(TEXT))).toThrow(words)
  expect(() => readCertificateFile(utf16(Buffer.from(TEXT).toString('base64')))).toThrow(words)
})
