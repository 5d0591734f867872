//! Processor time and memory of a process.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use tillgate_testkit::Process;

/// Resident memory in bytes.
pub fn resident_memory(process: &Process) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kibibytes
        .context("no VmRSS in the process's status")?
        .parse::<u64>()?
        * 1024)
}

/// Processor time of all its threads, in the program and in the kernel.
pub fn processor_time(process: &Process) -> Result<Duration> {
    let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(process.id())?))?;
    Ok(clock.now()?.into())
}
