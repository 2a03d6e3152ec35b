using Dmp.Notice.V1;

namespace Dmp.Client;

/// <summary>A notice as a patient application receives it. It says that something happened; the calls of the platform tell what.</summary>
/// <param name="NoticeId">The same in every repeat: whoever keeps it handles each notice once.</param>
/// <param name="Kind">What it tells; <see cref="NoticeKind.Unspecified"/> for a kind that this version of the SDK does not know.</param>
/// <param name="RecordId">The record.</param>
/// <param name="Time">When it happened.</param>
public sealed record WebhookNotice(string NoticeId, NoticeKind Kind, string RecordId, DateTimeOffset Time);
