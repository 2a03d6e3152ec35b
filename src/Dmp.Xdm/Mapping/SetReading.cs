using Dmp.Document.V1;
using Dmp.Type.V1;

namespace Dmp.Xdm;

/// <summary>A SubmissionSet in the terms of the contract.</summary>
/// <param name="Metadata">The metadata.</param>
/// <param name="Warnings">What it says and the contract has no place for, or that could not be read. Holds no value.</param>
public sealed record MappedSet(SubmissionSetMetadata Metadata, IReadOnlyList<Warning> Warnings);

/// <summary>Submission sets from XDS to the contract. Nothing is lost without a word.</summary>
public static class SetReading
{
    /// <summary>Translates a submission.</summary>
    /// <param name="submission">The submission, for its set.</param>
    /// <returns>Metadata and warnings.</returns>
    public static MappedSet ToContract(XdsSubmission submission)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var set = submission.Set;
        Reading reading = new();
        SubmissionSetMetadata metadata = new()
        {
            UniqueId = set.UniqueId,
            SourceId = set.SourceId,
            Title = set.Title,
            Comments = set.Comments,
            ContentType = reading.Coding("contentTypeCode", set.ContentType),
            SubmissionTime = reading.Time("submissionTime", set.SubmissionTime),
            EntryUuid = Reading.IsUuid(set.EntryUuid) ? set.EntryUuid : "",
        };
        metadata.Authors.AddRange(set.Authors.Select(reading.Author).OfType<Author>());
        if (set.IntendedRecipients.Count > 0)
        {
            reading.Warn("intendedRecipient", "Recipients are not kept.");
        }

        if (submission.Folders > 0)
        {
            reading.Warn("Folder", "Folders are not kept.");
        }

        foreach (var name in set.Others)
        {
            reading.Warn("SubmissionSet", $"Not known, and not kept: {name}.");
        }

        return new MappedSet(metadata, reading.Warnings);
    }
}
