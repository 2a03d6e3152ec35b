using Dmp.Document.V1;
using Dmp.Server.Messages;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Documents;

/// <summary>Submission sets between rows and messages.</summary>
internal static class SubmissionSetMapping
{
    /// <summary>
    /// The set as its caller may see it: what tells of all its documents at once only while all of them exist for the caller. Every field
    /// that is left out is one that senders may leave out too.
    /// </summary>
    public static SubmissionSet ToMessage(SubmissionSetRow row, IReadOnlyCollection<SubmissionSetMemberRow> members)
    {
        var set = new SubmissionSet
        {
            SubmissionSetId = row.SubmissionSetId.ToString(),
            RecordId = row.RecordId.ToString(),
            Metadata = SubmissionSetMetadata.Parser.ParseFrom(row.Metadata),
            Depositor = Actor.Parser.ParseFrom(row.Depositor),
            CreateTime = row.CreateTime.ToTimestamp(),
        };

        // What was stored before identifiers had one form.
        set.Metadata.UniqueId = UniqueIds.Canonical(set.Metadata.UniqueId);
        set.Members.AddRange(members.Where(member => member.Exists).Select(member => new SubmissionSetMember
        {
            DocumentId = member.DocumentId.ToString(),
            Version = member.Version,
            UniqueId = member.UniqueId,
        }));
        if (set.Members.Count < members.Count)
        {
            (set.Metadata.Title, set.Metadata.Comments, set.Metadata.ContentType) = ("", "", null);
            set.Metadata.Authors.Clear();
        }
        else if (row.Signature is { } signature)
        {
            set.Signature = UnsafeByteOperations.UnsafeWrap(signature);
        }

        return set;
    }
}
