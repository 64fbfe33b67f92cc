import { runCases } from './run-cases.ts'
import { SMTP } from './smtp-area.ts'
import { REPLY_CASES } from './smtp-replies.cases.ts'

runCases(SMTP, REPLY_CASES)
