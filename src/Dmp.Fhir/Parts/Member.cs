namespace Dmp.Fhir.Parts;

/// <summary>What a member can mean to the walk.</summary>
internal enum MemberKind
{
    Other,
    Data,
    ContentType,
    Dimensions,
    Base64,
    Url,
    Div,
    Text,
}

/// <summary>The name of a member.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Name">As it is shown.</param>
internal readonly record struct Member(MemberKind Kind, string Name)
{
    public static MemberKind KindOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("data"u8) ? MemberKind.Data
        : name.SequenceEqual("contentType"u8) ? MemberKind.ContentType
        : name.SequenceEqual("dimensions"u8) ? MemberKind.Dimensions
        : name.SequenceEqual("div"u8) ? MemberKind.Div
        : name.SequenceEqual("text"u8) ? MemberKind.Text
        : name.SequenceEqual("url"u8) || name.SequenceEqual("valueUrl"u8) || name.SequenceEqual("valueUri"u8) ? MemberKind.Url
        : name.EndsWith("Base64Binary"u8) ? MemberKind.Base64
        : MemberKind.Other;
}
