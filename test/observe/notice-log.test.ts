import { describe, expect, it } from 'vitest';
import { CLIENT_LOG_WORDS } from '../../src/observe/client-log-words.js';
import { NoticeLog } from '../../src/observe/notice-log.js';
import { LOG_LEVELS, type LogEntry, type LogLevel } from '../../src/observe/logger.js';
import { NOTICES, NOTICES_WITH_LEVEL } from '../support/notices.js';

function entriesOf(leastLevel: LogLevel | undefined): LogEntry[] {
  const entries: LogEntry[] = [];
  const log = new NoticeLog((entry) => entries.push(entry), leastLevel, CLIENT_LOG_WORDS);
  for (const notice of NOTICES) log.write(notice);
  return entries;
}

/** A logger that lets some levels through and notes what it was given. */
function levelled(enabled: readonly LogLevel[]) {
  const written: string[] = [];
  const method = (level: LogLevel) => () => written.push(level);
  const logger = {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    isLevelEnabled(level: LogLevel) {
      expect(this).toBe(logger);
      return enabled.includes(level);
    },
  };
  return { logger, written };
}

describe('a notice', () => {
  it.each(NOTICES_WITH_LEVEL)('of type $type has its level (%#)', (notice, level) => {
    const entries: LogEntry[] = [];
    new NoticeLog((entry) => entries.push(entry), 'debug', CLIENT_LOG_WORDS).write(notice);
    expect(entries).toMatchObject([{ level, fields: { type: notice.type } }]);
  });

  it('has a message in which nothing varies', () => {
    const messages = entriesOf('debug').map(({ message }) => message);
    expect(new Set(messages).size).toBe(new Set(NOTICES.map(({ type }) => type)).size);
    expect(messages.filter((message) => /[%\d{}]|TEST|clevertap\.com/.test(message))).toEqual([]);
  });
});

describe('the least level', () => {
  it.each(LOG_LEVELS)('keeps what is below %s away', (leastLevel) => {
    const wanted = LOG_LEVELS.slice(LOG_LEVELS.indexOf(leastLevel));
    const expected = NOTICES_WITH_LEVEL.map(([, level]) => level).filter((level) => wanted.includes(level as LogLevel));
    expect(entriesOf(leastLevel).map(({ level }) => level)).toEqual(expected);
  });

  it('is info where the logger cannot say', () => {
    expect(entriesOf(undefined)).toEqual(entriesOf('info'));
  });

  it('is what the logger lets through where it can say', () => {
    const { logger, written } = levelled(['debug', 'error']);
    const log = new NoticeLog(logger, undefined, CLIENT_LOG_WORDS);
    for (const notice of NOTICES) log.write(notice);
    expect(new Set(written)).toEqual(new Set(['debug', 'error']));
  });
});
