import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { TLS_CASES } from './smtp-tls.cases.ts'

runCases(SMTP, TLS_CASES)
