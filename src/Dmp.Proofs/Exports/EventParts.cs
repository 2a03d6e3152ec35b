using System.Globalization;
using Dmp.Audit.V1;
using Google.Protobuf;

namespace Dmp.Proofs;

/// <summary>An exported event as its parts say, when each of them is what was committed to; else what is wrong.</summary>
internal sealed record EventParts
{
    /// <summary>What is wrong; null when nothing is, and <see cref="Event"/> is there.</summary>
    public string? Fault { get; private init; }

    public AuditEvent? Event { get; private init; }

    /// <summary>Part 2, where the export shows it.</summary>
    public AuditEventInternals? Internals { get; private init; }

    public bool HasReview { get; private init; }

    public static EventParts Read(ProvenEvent proven)
    {
        AuditEvent? told = null;
        AuditEventInternals? internals = null;
        var (last, hasReview) = (-1, false);
        try
        {
            foreach (var part in proven.Parts)
            {
                if (part.Slot <= last || part.Slot >= EventTree.Slots || part.Path.Count != EventTree.Levels
                    || !TreeProof.VerifyInclusion(
                        EventTree.Leaf(part.Salt.Span, part.Content.Span), part.Slot, EventTree.Slots,
                        [.. part.Path.Select(hash => hash.Memory)], proven.Root.Span))
                {
                    return new()
                    {
                        Fault = string.Create(CultureInfo.InvariantCulture, $"Part {part.Slot} of the event is not what was committed to."),
                    };
                }

                last = part.Slot;
                switch (part.Slot)
                {
                    case 0:
                        told = AuditEvent.Parser.ParseFrom(part.Content);
                        break;
                    case 1:
                        told?.MergeFrom(part.Content);
                        hasReview = true;
                        break;
                    case 2:
                        internals = AuditEventInternals.Parser.ParseFrom(part.Content);
                        break;
                    default:
                        var document = AuditedDocument.Parser.ParseFrom(part.Content);
                        told?.Documents.Add(document);
                        told?.DocumentIds.Add(document.DocumentId);
                        break;
                }
            }
        }
        catch (InvalidProtocolBufferException)
        {
            told = null;
        }

        return told is null || !string.Equals(told.EventId, proven.EventId, StringComparison.Ordinal)
            ? new() { Fault = "The event does not say what it is." }
            : new() { Event = told, Internals = internals, HasReview = hasReview };
    }

    /// <summary>What is wrong with the signature; null when a trusted key made it.</summary>
    public static string? SignatureFault(ProvenEvent proven, IReadOnlyList<NoteVerifier> keys)
    {
        if (proven.Signature.IsEmpty)
        {
            return "The event has no signature.";
        }

        var signers = keys.Where(key => string.Equals(key.KeyId, proven.KeyId, StringComparison.Ordinal)).ToList();
        return signers.Count == 0 ? $"The event is signed with {proven.KeyId}, which is no trusted key."
            : signers.Exists(key => EventSignature.Verify(proven.Root.Span, proven.Signature.Span, key)) ? null
            : "The signature of the event is not good.";
    }

    /// <summary>A part as a message, for whoever may see it.</summary>
    public static DisclosedPart ToMessage(EventPart part) => new()
    {
        Slot = part.Slot,
        Salt = ByteString.CopyFrom(part.Salt),
        Content = ByteString.CopyFrom(part.Content),
        Path = { part.Path.Select(hash => ByteString.CopyFrom(hash)) },
    };
}
