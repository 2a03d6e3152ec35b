using Dmp.Document.V1;
using Dmp.Type.V1;

namespace Dmp.Xdm;

/// <summary>Submission sets from the contract to XDS.</summary>
public static class SetWriting
{
    /// <summary>Translates what a sender says about a submission set.</summary>
    /// <param name="entryUuid">The set's id in the submission.</param>
    /// <param name="metadata">The metadata.</param>
    /// <param name="patient">Whom its documents are about.</param>
    /// <returns>The set.</returns>
    public static XdsSubmissionSet ToXds(string entryUuid, SubmissionSetMetadata metadata, Ins? patient)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return new XdsSubmissionSet
        {
            EntryUuid = entryUuid,
            UniqueId = metadata.UniqueId,
            SourceId = metadata.SourceId,
            PatientId = EntryWriting.PatientId(patient),
            SubmissionTime = EntryWriting.Time(metadata.SubmissionTime),
            Title = metadata.Title,
            Comments = metadata.Comments,
            ContentType = EntryWriting.Code(metadata.ContentType),
            Authors = [.. metadata.Authors.Select(EntryWriting.Author)],
        };
    }
}
