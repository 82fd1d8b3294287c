//! Where jobs are in their life, and which files they have.

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Its file is still coming.
    Uploading,
    /// Somebody has to say how it is to be done.
    Waiting,
    /// The next node that has time takes it.
    Queued,
    Running,
    Done,
    /// It can't be done; the job's problem says why.
    Failed,
    /// Somebody has stopped it, or nobody has decided about it for a week.
    Stopped,
}

impl JobState {
    pub(crate) const ALL: [Self; 7] = [
        Self::Uploading,
        Self::Waiting,
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Stopped,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Whether something more happens to it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Failed | Self::Stopped)
    }
}

/// Which of a job's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobFile {
    Upload,
    Rejects,
    /// What each of an import's steps has changed, for undoing it.
    Changes,
    /// What somebody may take away.
    Result,
    /// What may be wrong with addresses of an import; names lines and domains, and nobody's address.
    Warnings,
}

impl JobFile {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Upload => 0,
            Self::Rejects => 1,
            Self::Changes => 2,
            Self::Result => 3,
            Self::Warnings => 4,
        }
    }
}
