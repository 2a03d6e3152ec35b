using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Samples;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

/// <summary>A document on its way: the local bytes, what is said about them, and what the platform made of it.</summary>
internal sealed record StoryDocument(string FileName, byte[] Content, DocumentMetadata Metadata)
{
    public byte[] Sha256 { get; } = SHA256.HashData(Content);

    public string RequestId { get; } = Guid.NewGuid().ToString();

    /// <summary>The record it goes to, when its header names another patient than the one of the story.</summary>
    public string? RecordId { get; set; }

    /// <summary>The identifier of its producer.</summary>
    public required string UniqueId { get; init; }

    public DocumentEntry? Stored { get; set; }

    public DocumentEntry? ReadBack { get; set; }

    public static StoryDocument From(SampleDocument sample, Author author)
    {
        if (sample.MediaType is "text/xml" or "application/xslt+xml")
        {
            // Not a word about a CDA document: the platform reads its header.
            return new StoryDocument(sample.FileName, sample.Content, new DocumentMetadata()) { UniqueId = sample.UniqueId };
        }

        // New in every run, so that the story can be told again on the same data: a depositor uses an id once.
        var uniqueId = $"urn:uuid:{Guid.NewGuid()}";
        var metadata = new DocumentMetadata
        {
            UniqueId = uniqueId,
            Type = new Coding { System = sample.TypeSystem, Code = sample.TypeCode },
            Format = new Coding { System = sample.FormatSystem, Code = sample.FormatCode },
            Title = sample.Title.Length <= 256 ? sample.Title : sample.Title[..256],
            MediaType = sample.MediaType,
            CreationTime = Timestamp.FromDateTimeOffset(sample.CreationTime),
            ServiceStartTime = Timestamp.FromDateTimeOffset(sample.ServiceStartTime),
            Authors = { author },
        };
        return new StoryDocument(sample.FileName, sample.Content, metadata) { UniqueId = uniqueId };
    }
}
