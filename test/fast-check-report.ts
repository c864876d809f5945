import fc from 'fast-check';

// What a property threw is its own sentence; left as the cause of fast-check's error it is in no report.
fc.configureGlobal({ includeErrorInReport: true });
