//! What is heard and remembered of runs.

use fame_sandbox::{Caller, Heard, Output, RunEvent, RunState, Tier, TierChoice};

use super::support::{Names, request, run, settings, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_heard_and_remembered_by_the_name_in_its_report() {
    let sandbox = start(settings(TierChoice::B), Names::default())
        .await
        .unwrap();
    let mut observer = sandbox.observe();
    let code = "import sys\nprint('out\\x1b[31m')\nprint('err', file=sys.stderr)";
    let report = run(&sandbox, "python", code).await;
    let (mut out, mut err) = (String::new(), String::new());
    let mut started = false;
    loop {
        match observer.next().await.unwrap() {
            Heard::Event(RunEvent::Started {
                id,
                profile,
                caller,
                tier,
            }) => {
                assert_eq!((id, profile.as_str()), (report.id.clone(), "python"));
                assert_eq!((caller, tier), (Caller::Plugin, Tier::B));
                started = true;
            }
            Heard::Event(RunEvent::Output { id, output, text }) => {
                assert_eq!(id, report.id);
                match output {
                    Output::Stdout => out.push_str(&text),
                    Output::Stderr => err.push_str(&text),
                }
            }
            Heard::Event(RunEvent::Finished { summary }) => {
                assert!(summary.ok && summary.id == report.id, "{summary:?}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        (started, out.as_str(), err.as_str()),
        (true, "out\n", "err\n")
    );
    let record = &sandbox.runs(1)[0];
    assert_eq!((&record.id, record.state), (&report.id, RunState::Finished));
    assert_eq!(record.report.as_ref().unwrap().stdout, "out\n");
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_waits_for_is_abandoned_and_dead() {
    let sandbox = start(settings(TierChoice::B), Names::default())
        .await
        .unwrap();
    let mut observer = sandbox.observe();
    let request = request("python", "print('runs')\nimport time\ntime.sleep(60)");
    let task = {
        let sandbox = sandbox.clone();
        tokio::spawn(async move { sandbox.run(&request, None).await })
    };
    while !matches!(
        observer.next().await.unwrap(),
        Heard::Event(RunEvent::Output { .. })
    ) {}
    task.abort();
    assert!(matches!(
        observer.next().await.unwrap(),
        Heard::Event(RunEvent::Abandoned { .. })
    ));
    assert_eq!(sandbox.runs(5)[0].state, RunState::Abandoned);
    assert_eq!(sandbox.status().running, 0);
    sandbox.shutdown().await;
}
