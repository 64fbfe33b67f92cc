import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { LIE_CASES } from './smtp-lies.cases.ts'

runCases(SMTP, LIE_CASES)
