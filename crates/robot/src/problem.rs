//! Why an execution failed, in the shape of a job's error.

use robot_protocol::JobError;

/// A failure: a code for programs, a title and a text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `Robot.<Name>`
    pub code: &'static str,
    pub title: String,
    pub detail: String,
    /// `User`: the automation's own; `Deployment`: the package or its set-up; `System`: the robot or its machine.
    pub category: &'static str,
}

impl Problem {
    /// The package cannot be run.
    pub fn package(detail: impl Into<String>) -> Self {
        Self {
            code: "Robot.Package",
            title: "The package cannot be run".into(),
            detail: detail.into(),
            category: "Deployment",
        }
    }

    /// What the package needs could not be installed.
    pub fn environment(detail: impl Into<String>) -> Self {
        Self {
            code: "Robot.Environment",
            title: "What the package needs could not be installed".into(),
            detail: detail.into(),
            category: "Deployment",
        }
    }

    /// The robot or its machine has a problem.
    pub fn robot(detail: impl Into<String>) -> Self {
        Self {
            code: "Robot.Failure",
            title: "The robot could not run the job".into(),
            detail: detail.into(),
            category: "System",
        }
    }

    /// The job went beyond what it may use.
    pub fn limit(title: impl Into<String>) -> Self {
        Self {
            code: "Robot.Limit",
            title: title.into(),
            detail: String::new(),
            category: "User",
        }
    }

    /// What the job itself did ended badly.
    pub fn execution(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code: "Robot.Execution",
            title: title.into(),
            detail: detail.into(),
            category: "User",
        }
    }

    /// What is shown as the job's `Info`.
    pub fn info(&self) -> String {
        if self.detail.is_empty() {
            self.title.clone()
        } else {
            format!("{}\n{}", self.title, self.detail)
        }
    }

    pub fn error(&self) -> JobError {
        JobError {
            code: Some(self.code.to_owned()),
            title: Some(self.title.clone()),
            detail: Some(self.detail.clone()),
            category: Some(self.category.to_owned()),
            status: None,
        }
    }
}
