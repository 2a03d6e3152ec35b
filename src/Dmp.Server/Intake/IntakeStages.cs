namespace Dmp.Server.Intake;

/// <summary>
/// The stages of a document on its way in: asked (<see cref="UploadPlanning"/>, <see cref="UploadOpening"/>), received
/// (<see cref="UploadReceivers"/>), described (<see cref="UploadDescription"/>), decided, stored and committed
/// (<see cref="UploadCommit"/>); and what becomes of what does not get there (<see cref="UploadRelease"/>).
/// </summary>
internal sealed class IntakeStages(
    UploadPlanning planning,
    UploadOpening opening,
    UploadReceivers receivers,
    UploadDescription description,
    UploadCommit commit,
    UploadRelease release)
{
    public UploadPlanning Planning => planning;

    public UploadOpening Opening => opening;

    public UploadReceivers Receivers => receivers;

    public UploadDescription Description => description;

    public UploadCommit Commit => commit;

    public UploadRelease Release => release;
}
